using System.Numerics;
using BenchmarkDotNet.Attributes;
using VxlanEngine.Flows;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Flows;

/// <summary>What does a hash cost that nobody can steer without its key, beside ones that anybody can?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class FlowHashBenchmarks
{
    private const int Count = 256;

    private readonly FlowTuple[] _tuples = new FlowTuple[Count];

    /// <summary>Makes the tuples.</summary>
    [GlobalSetup]
    public void Setup()
    {
        for (uint i = 0; i < Count; i++)
        {
            _tuples[i] = new FlowTuple(
                new Ipv4Address(0x0A01_0000 + i), new Ipv4Address(0x0A02_0001), IpProtocol.Udp, (ushort)i, 80, 0);
        }
    }

    /// <summary>What the compiler writes for a record.</summary>
    [Benchmark(OperationsPerInvoke = Count, Baseline = true)]
    public int RecordHash()
    {
        int all = 0;
        foreach (ref readonly FlowTuple tuple in _tuples.AsSpan())
        {
            all ^= tuple.GetHashCode();
        }

        return all;
    }

    /// <summary>CRC32, collisions of which hold for every seed.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public uint Crc32()
    {
        uint all = 0;
        foreach (ref readonly FlowTuple tuple in _tuples.AsSpan())
        {
            uint crc = BitOperations.Crc32C(1, (tuple.Source.Low << 32) | (uint)tuple.Destination.Low);
            all ^= BitOperations.Crc32C(crc, ((uint)tuple.SourcePort << 16) | tuple.DestinationPort);
        }

        return all;
    }

    /// <summary>The engine's.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public ulong FlowHashOf()
    {
        ulong all = 0;
        foreach (ref readonly FlowTuple tuple in _tuples.AsSpan())
        {
            all ^= FlowHash.Of(tuple, 1);
        }

        return all;
    }
}
