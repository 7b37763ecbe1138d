using BenchmarkDotNet.Attributes;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Packets;

namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>What does the length of frames cost?</summary>
public class FrameSizeBenchmarks
{
    private const int Flows = 1008; // A multiple of the mix's period.

    private SwitchLoop _short = null!;
    private SwitchLoop _loop = null!;

    /// <summary>Bytes of a frame, or the mix of 60, 590 and 1460, 7:4:1.</summary>
    [Params("60", "590", "1460", "imix")]
    public string Length { get; set; } = string.Empty;

    /// <summary>Builds the switches.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var mixed = new FlowSet(Flows, IsMixed: true);
        IEnumerable<byte[]> frames = Length == "imix"
            ? mixed.Frames()
            : Enumerable.Range(0, Flows).Select(i => FlowFrames.Plain(i, int.Parse(Length, null)));
        _short = Loop(new FlowSet(Flows).Frames());
        _loop = Loop(frames);
    }

    /// <summary>Sees that all frames were forwarded.</summary>
    [GlobalCleanup]
    public void Check()
    {
        foreach (SwitchLoop loop in (SwitchLoop[])[_short, _loop])
        {
            loop.Check(VerdictKind.Forward);
            loop.Dispose();
        }
    }

    /// <summary>Frames of 60 bytes.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length, Baseline = true)]
    public int Shortest() => _short.Run();

    /// <summary>Frames of the length.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Frame() => _loop.Run();

    private static SwitchLoop Loop(IEnumerable<byte[]> frames) =>
        new(ComparisonPolicy.For(Workload.Encap), ComparisonPolicy.Tenant, [.. frames]);
}
