using BenchmarkDotNet.Attributes;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>What does the length of an access list cost packets of known flows, and the first of a flow?</summary>
public class RuleCountBenchmarks
{
    private SwitchLoop _without = null!;
    private SwitchLoop _known = null!;
    private SwitchLoop _first = null!;

    /// <summary>Number of rules, none of which matches.</summary>
    [Params(10, 1_000, 10_000, 100_000)]
    public int Rules { get; set; }

    /// <summary>Builds the switches.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Layer list = ComparisonPolicy.AccessList(Rules);
        Layer tracked = ComparisonPolicy.Tracked() with { Name = "tracked", Priority = 110 };
        _without = Loop(ComparisonPolicy.Outbound());
        _known = Loop(ComparisonPolicy.Outbound(list));
        _first = PacketCases.NewFlows(ComparisonPolicy.Outbound(list, tracked));
    }

    /// <summary>Sees that all frames were forwarded.</summary>
    [GlobalCleanup]
    public void Check()
    {
        foreach (SwitchLoop loop in (SwitchLoop[])[_without, _known, _first])
        {
            loop.Check(VerdictKind.Forward);
            loop.Dispose();
        }
    }

    /// <summary>A known flow, and no access list.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length, Baseline = true)]
    public int WithoutRules() => _without.Run();

    /// <summary>A known flow.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Known() => _known.Run();

    /// <summary>Each packet begins a flow, with state.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int First() => _first.Run();

    private static SwitchLoop Loop(SwitchPolicy policy) =>
        new(policy, ComparisonPolicy.Tenant, [.. new FlowSet(1000).Frames()]);
}
