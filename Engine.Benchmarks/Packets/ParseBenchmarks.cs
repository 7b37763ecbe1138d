using BenchmarkDotNet.Attributes;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Benchmarks.Packets;

/// <summary>How long does it take to find and check every header of a frame, beside the plainest one?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class ParseBenchmarks
{
    private static readonly byte[] Plain = FrameSamples.All["udp over ipv4"];
    private static readonly byte[] Tagged = FrameSamples.All["udp over ipv6 in three vlans"];
    private static readonly byte[] Extended = FrameSamples.All["extension headers"];
    private static readonly byte[] Tunnelled = FrameSamples.All["vxlan over ipv4"];
    private static readonly byte[] Error = FrameSamples.All["icmp error over ipv4"];

    /// <summary>UDP over IPv4.</summary>
    [Benchmark(Baseline = true)]
    public DropReason Udp() => PacketParser.ParseFrame(Plain, 0, out _);

    /// <summary>UDP over IPv6 in three VLANs.</summary>
    [Benchmark]
    public DropReason Ipv6InVlans() => PacketParser.ParseFrame(Tagged, 0, out _);

    /// <summary>IPv6 with five extension headers.</summary>
    [Benchmark]
    public DropReason ExtensionHeaders() => PacketParser.ParseFrame(Extended, 0, out _);

    /// <summary>An ICMP error.</summary>
    [Benchmark]
    public DropReason IcmpError() => PacketParser.ParseFrame(Error, 0, out _);

    /// <summary>A tunnel packet and the frame in it.</summary>
    [Benchmark]
    public DropReason VxlanAndInner()
    {
        PacketParser.ParseFrame(Tunnelled, 0, out ParsedFrame outer);
        return PacketParser.ParseTunnel(Tunnelled, outer, TunnelProtocols.Vxlan, out _, out _);
    }
}
