using BenchmarkDotNet.Attributes;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Benchmarks.Floor;
using VxlanEngine.Packets;

namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>How far from the least code that does the job is the whole switch, by work and number of flows?</summary>
public class FlowCountBenchmarks : IDisposable
{
    private FrameBlock _frames = null!;
    private FloorSwitch _floor = null!;
    private SwitchLoop _engine = null!;
    private int _next;

    /// <summary>The work.</summary>
    [Params("encap", "decap", "static-nat")]
    public string Work { get; set; } = string.Empty;

    /// <summary>Number of flows.</summary>
    [Params(8, 1_000, 60_000, 1_000_000)]
    public int Flows { get; set; }

    /// <summary>Builds both.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Workload work = Cell.Named(Work)[0].Work;
        bool isDecap = work == Workload.Decap;
        byte[][] frames = [.. new FlowSet(Flows, IsTunnelled: isDecap).Frames()];
        _frames = new FrameBlock(frames);
        _floor = new FloorSwitch(work, Flows);
        var options = new VirtualSwitchOptions();
        _engine = new SwitchLoop(
            ComparisonPolicy.For(work),
            isDecap ? ComparisonPolicy.Underlay : ComparisonPolicy.Tenant,
            frames,
            options: options with { Limits = options.Limits with { FlowPairs = 1 << 20 } });
        for (int i = 0; i < Flows; i += SwitchLoop.Length)
        {
            _engine.Run();
        }
    }

    /// <summary>Sees that all frames were forwarded.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _engine.Check(VerdictKind.Forward);
        _engine.Dispose();
        _floor.Dispose();
        _frames.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The least code.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length, Baseline = true)]
    public long Floor()
    {
        for (int left = SwitchLoop.Length; left > 0;)
        {
            int count = Math.Min(Math.Min(FloorSwitch.BurstLength, left), _frames.Count - _next);
            _floor.Process(_frames, _next, count);
            _next += count;
            _next = _next == _frames.Count ? 0 : _next;
            left -= count;
        }

        return _floor.Sent;
    }

    /// <summary>From adapter to adapter.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Engine() => _engine.Run();
}
