using BenchmarkDotNet.Attributes;

namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>What does a packet of each kind cost in a warm switch, and does it allocate?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class AllocationBenchmarks
{
    // New flows reach the table's limit only after this many; at the limit each one evicts another.
    private const int WarmUpCalls = 300;

    private SwitchLoop _loop = null!;

    /// <summary>The kind of packets.</summary>
    [ParamsAllValues]
    public PacketCase Packets { get; set; }

    /// <summary>Builds a switch and warms it up.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _loop = PacketCases.Start(Packets);
        for (int i = 0; i < WarmUpCalls; i++)
        {
            _loop.Run();
        }
    }

    /// <summary>Sees that all packets fared as they should.</summary>
    [GlobalCleanup]
    public void Check()
    {
        _loop.Check(PacketCases.FateOf(Packets));
        _loop.Dispose();
    }

    /// <summary>From adapter to adapter.</summary>
    [Benchmark(OperationsPerInvoke = SwitchLoop.Length)]
    public int Packet() => _loop.Run();
}
