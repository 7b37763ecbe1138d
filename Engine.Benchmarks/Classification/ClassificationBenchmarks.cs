using BenchmarkDotNet.Attributes;
using VxlanEngine.Classification;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Classification;

namespace VxlanEngine.Benchmarks.Classification;

/// <summary>How long does the first packet of a flow look for its rule, in tables of ClassBench's structure?</summary>
public class ClassificationBenchmarks
{
    private const int Count = 1024;

    private PacketFacts[] _packets = [];
    private IClassifier _linear = null!;
    private IClassifier _compiled = null!;

    /// <summary>Number of rules.</summary>
    [Params(10, 1_000, 10_000, 100_000)]
    public int Rules { get; set; }

    /// <summary>What the rules are like.</summary>
    [Params(FilterKind.AccessList, FilterKind.Firewall, FilterKind.Chain)]
    public FilterKind Kind { get; set; }

    /// <summary>Makes the rules and packets that mostly hit them.</summary>
    [GlobalSetup]
    public void Setup()
    {
        FilterSet set = FilterSet.Make(Kind, Rules);
        _packets = set.Packets(Count);
        _linear = new LinearClassifier(set.Layer, []);
        _compiled = new CompiledClassifier(set.Layer, []);
    }

    /// <summary>Tables.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Compiled() => Classify(_compiled);

    /// <summary>Rule by rule.</summary>
    [Benchmark(OperationsPerInvoke = Count, Baseline = true)]
    public int Linear() => Classify(_linear);

    private int Classify(IClassifier classifier)
    {
        int decided = 0;
        foreach (ref readonly PacketFacts packet in _packets.AsSpan())
        {
            decided += classifier.Classify(Direction.Out, packet) is null ? 0 : 1;
        }

        return decided;
    }
}
