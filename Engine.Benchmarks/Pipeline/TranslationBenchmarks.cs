using BenchmarkDotNet.Attributes;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>What does each kind of translation add to a packet of a known flow on its way into the tunnel?</summary>
public class TranslationBenchmarks
{
    private SwitchLoop _plain = null!;
    private SwitchLoop _tracked = null!;
    private SwitchLoop _fixed = null!;
    private SwitchLoop _pooled = null!;
    private SwitchLoop _balanced = null!;

    /// <summary>Number of flows.</summary>
    [Params(8, 1_000, 60_000)]
    public int Flows { get; set; }

    /// <summary>Builds the switches.</summary>
    [GlobalSetup]
    public void Setup()
    {
        byte[][] frames = [.. new FlowSet(Flows).Frames()];
        var balance = new RuleAction.LoadBalance
        {
            Backends = [new Backend { Address = IpAddress.Parse("10.2.0.1"), Port = 8080 }],
        };
        _plain = Loop(ComparisonPolicy.For(Workload.Encap), frames);
        _tracked = Loop(ComparisonPolicy.For(Workload.Tracked), frames);
        _fixed = Loop(ComparisonPolicy.For(Workload.StaticNat), frames);
        _pooled = Loop(ComparisonPolicy.For(Workload.DynamicNat), frames);
        _balanced = Loop(ComparisonPolicy.Outbound(ComparisonPolicy.Rules("lb", balance)), frames);
        foreach (SwitchLoop loop in (SwitchLoop[])[_plain, _tracked, _fixed, _pooled, _balanced])
        {
            for (int i = 0; i < 2 * Flows; i += SwitchLoop.Length)
            {
                loop.Run();
            }
        }
    }

    /// <summary>Sees that all frames were forwarded.</summary>
    [GlobalCleanup]
    public void Check()
    {
        foreach (SwitchLoop loop in (SwitchLoop[])[_plain, _tracked, _fixed, _pooled, _balanced])
        {
            loop.Check(VerdictKind.Forward);
            loop.Dispose();
        }
    }

    /// <summary>No state.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length, Baseline = true)]
    public int Untranslated() => _plain.Run();

    /// <summary>Flow state alone.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Tracked() => _tracked.Run();

    /// <summary>To a fixed source address.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Fixed() => _fixed.Run();

    /// <summary>To a source address and port of a pool.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Pooled() => _pooled.Run();

    /// <summary>To a backend.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Balanced() => _balanced.Run();

    private static SwitchLoop Loop(SwitchPolicy policy, byte[][] frames) =>
        new(policy, ComparisonPolicy.Tenant, frames);
}
