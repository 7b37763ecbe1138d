using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;

namespace VxlanEngine.Benchmarks;

/// <summary>How every benchmark of the engine is run and shown.</summary>
internal sealed class Config : ManualConfig
{
    /// <summary>Makes the configuration of a full run.</summary>
    public Config()
        : this(Job.Default)
    {
    }

    /// <summary>Makes the configuration with another length of run.</summary>
    public Config(Job job)
    {
        // The collector is the one an embedder's worker sees, and the one whose counts of allocated bytes are
        // exact: the server and concurrent collectors allocate on threads of their own. No runtime is named, so
        // that the benchmark runs on the one it was built with.
        AddJob(job
            .WithGcServer(false)
            .WithGcConcurrent(false)
            .WithArguments([new MsBuildArgument("/p:RunAnalyzers=false")]));
        WithBuildTimeout(TimeSpan.FromMinutes(10)); // Something else may need the cores more.
        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddColumn(new MppsColumn());
        AddLogger(ConsoleLogger.Default);
        AddExporter(MarkdownExporter.GitHub);
    }
}
