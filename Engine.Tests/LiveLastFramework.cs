using System.Reflection;
using VxlanEngine.Tests.Live;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestFramework("VxlanEngine.Tests.LiveLastFramework", "VxlanEngine.Tests")]

namespace VxlanEngine.Tests;

/// <summary>
/// Runs the tests of live ports when all others are done. Those ask the kernel and wait for it, so they would be
/// disturbed by tests that take every core, but not by each other: most of their classes run side by side.
/// </summary>
public sealed class LiveLastFramework(IMessageSink diagnostics) : XunitTestFramework(diagnostics)
{
    /// <inheritdoc/>
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(
        AssemblyName assembly, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assembly, sources, diagnostics)
    {
        protected override async void RunTestCases(
            IEnumerable<IXunitTestCase> testCases, IMessageSink sink, ITestFrameworkExecutionOptions options)
        {
            // As many threads as tests at once, which take the classes in order; the other way, who is next is chance.
            options.SetValue("xunit.execution.ParallelAlgorithm", "Aggressive");
            using var runner = new Runner(TestAssembly, testCases, DiagnosticMessageSink, sink, options);
            await runner.RunAsync();
        }
    }

    private sealed class Runner(
        ITestAssembly assembly,
        IEnumerable<IXunitTestCase> testCases,
        IMessageSink diagnostics,
        IMessageSink sink,
        ITestFrameworkExecutionOptions options)
        : XunitTestAssemblyRunner(assembly, testCases, diagnostics, sink, options)
    {
        private const string Live = "2";

        private bool _isLive;

        protected override async Task<RunSummary> RunTestCollectionsAsync(
            IMessageBus messageBus, CancellationTokenSource cancellationTokenSource)
        {
            var sum = new RunSummary();
            foreach (IGrouping<string, IXunitTestCase> cases in
                TestCases.GroupBy(PhaseOf).OrderBy(phase => phase.Key, StringComparer.Ordinal).ToArray())
            {
                TestCases = cases;
                _isLive = cases.Key == Live;
                sum.Aggregate(await base.RunTestCollectionsAsync(messageBus, cancellationTokenSource));
            }

            return sum;
        }

        /// <summary>Live tests wait for half of their time: more than there are processors run at once.</summary>
        protected override void SetupSyncContext(int maxParallelThreads) =>
            base.SetupSyncContext(_isLive ? maxParallelThreads * 3 / 2 : maxParallelThreads);

        /// <summary>What runs in one go, in the order of the names.</summary>
        private static string PhaseOf(IXunitTestCase test) =>
            Has(test, LiveTests.Alone) ? $"1 {test.TestMethod.TestClass.Class.Name}"
            : Has(test, LiveTests.Privileged) ? Live
            : "0";

        private static bool Has(IXunitTestCase test, string category) =>
            test.Traits.TryGetValue(LiveTests.Category, out List<string>? values)
            && values.Contains(category, StringComparer.Ordinal);
    }
}
