using BenchmarkDotNet.Attributes;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Flows;

/// <summary>How long does it take to find the state of a flow, or that there is none, by number of flows?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class FlowLookupBenchmarks
{
    private const int Count = 1024;
    private const int Stride = 7919; // Prime, so that flows come in no order that a cache could guess.

    private readonly FlowKey[] _known = new FlowKey[Count];
    private readonly FlowKey[] _unknown = new FlowKey[Count];
    private readonly Dictionary<FlowKey, int> _dictionary = [];
    private FlowTable _table = null!;
    private int _next;

    /// <summary>Flows in the table.</summary>
    [Params(8, 1_000, 60_000, 1_000_000)]
    public int Flows { get; set; }

    /// <summary>Fills table and dictionary.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _table = new FlowTable(Flows, new FlowTimeouts(), 1, _ => { });
        PacketFacts facts = default;
        var origin = new FlowOrigin(facts);
        for (int i = 0; i < Flows; i++)
        {
            FlowKey key = KeyOf(i);
            _dictionary.Add(key, i);
            bool fits = _table.TryBegin(key, key.Tuple, [], origin, 0, 1, 0, out FlowPair pair)
                && _table.Add(pair, 0) == DropReason.None;
            if (!fits)
            {
                throw new InvalidOperationException($"Flow {i} does not fit.");
            }
        }
    }

    /// <summary>Frees the table.</summary>
    [GlobalCleanup]
    public void Cleanup() => _table.Dispose();

    /// <summary>A dictionary that finds.</summary>
    [Benchmark(OperationsPerInvoke = Count, Baseline = true)]
    public int DictionaryHit()
    {
        Choose();
        int found = 0;
        foreach (ref readonly FlowKey key in _known.AsSpan())
        {
            found += _dictionary.ContainsKey(key) ? 1 : 0;
        }

        return found;
    }

    /// <summary>The engine's table finds.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Hit()
    {
        Choose();
        return Find(_known);
    }

    /// <summary>It finds nothing.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Miss()
    {
        Choose();
        return Find(_unknown);
    }

    private static FlowKey KeyOf(int flow) => new(
        0,
        Direction.Out,
        new FlowTuple(
            new Ipv4Address(0x0A01_0000 + (uint)(flow & 0xFFFF)),
            new Ipv4Address(0x0A02_0001 + ((uint)(flow >> 16) << 8)),
            IpProtocol.Udp,
            (ushort)(1024 + (flow % 50_000)),
            80,
            0));

    private int Find(FlowKey[] keys)
    {
        int found = 0;
        foreach (ref readonly FlowKey key in keys.AsSpan())
        {
            found += _table.TryFind(key, 0, out _, out _) ? 1 : 0;
        }

        return found;
    }

    private void Choose()
    {
        for (int i = 0; i < Count; i++)
        {
            _next = (_next + Stride) % Flows;
            _known[i] = KeyOf(_next);
            _unknown[i] = KeyOf(_next + Flows);
        }
    }
}
