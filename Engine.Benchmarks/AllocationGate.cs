using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace VxlanEngine.Benchmarks;

/// <summary>Runs the benchmarks that must not allocate, briefly, and says whether any did.</summary>
/// <remarks>It looks at bytes alone: times of so short a run on a shared machine say nothing.</remarks>
internal static class AllocationGate
{
    /// <summary>The category of the benchmarks that must not allocate.</summary>
    public const string Category = "Gate";

    // What measuring and the runtime around it allocate, however few operations there is time for on a busy machine.
    private const long Bookkeeping = 64 * 1024;

    // Tables that grow to their size: a block of a hundred bytes for a burst of a thousand packets is found.
    private const double Noise = 0.1;

    /// <summary>Runs the gate and prints one line a benchmark.</summary>
    /// <returns>The exit code: 0 when each ran and allocated nothing, else 1.</returns>
    public static int Run()
    {
        // In this process, without a build: bytes are the same in any.
        Job job = Job.ShortRun
            .WithWarmupCount(1)
            .WithIterationCount(1)
            .WithIterationTime(TimeInterval.FromMilliseconds(50))
            .WithToolchain(InProcessEmitToolchain.Instance);
        IConfig config = new Config(job).AddFilter(new AnyCategoriesFilter([Category]));
        bool[] passed = BenchmarkSwitcher.FromAssembly(typeof(AllocationGate).Assembly)
            .RunAll(config)
            .SelectMany(summary => summary.BenchmarksCases.Select(benchmark => Passes(benchmark, summary[benchmark])))
            .ToArray();

        int failed = passed.Count(p => !p);
        Console.WriteLine($"Allocation gate: {passed.Length - failed} passed, {failed} failed");
        return passed.Length > 0 && failed == 0 ? 0 : 1;
    }

    private static bool Passes(BenchmarkCase benchmark, BenchmarkReport? report)
    {
        string parameters = benchmark.Parameters.Count == 0 ? string.Empty : $" {benchmark.Parameters.DisplayInfo}";
        string name = $"{benchmark.Descriptor.Type.Name}.{benchmark.Descriptor.WorkloadMethod.Name}{parameters}";
        if (report is not { Success: true })
        {
            Console.WriteLine($"FAILED  {name} did not run to its end");
            return false;
        }

        // Over all operations, since few of them may share one allocation.
        long? bytes = report.GcStats.GetTotalAllocatedBytes(excludeAllocationQuantumSideEffects: true);
        double perOperation = (double)Math.Max(0, (bytes ?? 0) - Bookkeeping) / report.GcStats.TotalOperations;
        string amount = perOperation.ToString("0.####", CultureInfo.InvariantCulture);
        bool passes = perOperation < Noise;
        Console.WriteLine(passes
            ? $"ok      {name}"
            : $"FAILED  {name} allocates {amount} bytes an operation");
        return passes;
    }
}
