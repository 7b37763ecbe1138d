using BenchmarkDotNet.Attributes;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Flows;

/// <summary>What does each kind of rewriting cost on top of comparing all fields and finding nothing to do?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class TranspositionBenchmarks
{
    private readonly byte[] _frame =
        FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 53).Payload(18).Build();

    private ParsedFrame _from;
    private ParsedFrame _stations;
    private ParsedFrame _routed;
    private ParsedFrame _translated;
    private ParsedFrame _all;

    /// <summary>Reads the frame and says what it shall become.</summary>
    [GlobalSetup]
    public void Setup()
    {
        PacketParser.ParseFrame(_frame, 0, out _from);
        _stations = _from;
        _stations.SourceMac = MacAddress.Parse("02:00:00:00:00:fe");
        _routed = _stations;
        _routed.Ttl--;
        _translated = _from;
        _translated.Source = IpAddress.Parse("192.168.9.9");
        _translated.SourcePort = 4000;
        _all = _translated;
        _all.SourceMac = _routed.SourceMac;
        _all.Ttl = _routed.Ttl;
    }

    /// <summary>Nothing changes.</summary>
    [Benchmark(Baseline = true)]
    public int Nothing() => Apply(_from);

    /// <summary>MAC addresses.</summary>
    [Benchmark]
    public int Stations() => Apply(_stations);

    /// <summary>MAC addresses and TTL.</summary>
    [Benchmark]
    public int Routed() => Apply(_routed);

    /// <summary>Source address and port, with both checksums.</summary>
    [Benchmark]
    public int Translated() => Apply(_translated);

    /// <summary>All of these.</summary>
    [Benchmark]
    public int All() => Apply(_all);

    // The frame is not restored: what is written does not depend on what was there but for the checksums' values.
    private int Apply(in ParsedFrame to)
    {
        HeaderRewriter.Apply(_frame, _from, to);
        return _frame[22];
    }
}
