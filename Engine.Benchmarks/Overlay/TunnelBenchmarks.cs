using BenchmarkDotNet.Attributes;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Overlay;

/// <summary>What do the outer headers cost that a first packet gets, by family and with a UDP checksum?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class TunnelBenchmarks
{
    private readonly PacketPool _pool = new(1, 2048);
    private FrameDescriptor _frame;
    private ParsedFrame _inner;
    private TunnelTemplate _v4 = null!;
    private TunnelTemplate _v4Summed = null!;
    private TunnelTemplate _v6 = null!;

    /// <summary>Bytes of the inner frame.</summary>
    [Params(60, 1460)]
    public int Length { get; set; }

    /// <summary>Makes frame and tunnels.</summary>
    [GlobalSetup]
    public void Setup()
    {
        byte[] frame =
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 53).Payload(Length - 42).Build();
        _pool.TryRent(frame.Length, out _frame);
        frame.CopyTo(_pool.Frame(_frame));
        PacketParser.ParseFrame(frame, 0, out _inner);
        TunnelOptions summed = TunnelOptions.Default with { UdpChecksum = UdpChecksumMode.Compute };
        _v4 = TunnelTo("172.31.0.1", "172.31.0.2", TunnelOptions.Default);
        _v4Summed = TunnelTo("172.31.0.1", "172.31.0.2", summed);
        _v6 = TunnelTo("fd31::1", "fd31::2", TunnelOptions.Default);
    }

    /// <summary>Frees the pool.</summary>
    [GlobalCleanup]
    public void Cleanup() => _pool.Dispose();

    /// <summary>Over IPv4, without UDP checksum.</summary>
    [Benchmark(Baseline = true)]
    public int Ipv4() => Push(_v4);

    /// <summary>Over IPv4, with UDP checksum.</summary>
    [Benchmark]
    public int Ipv4Summed() => Push(_v4Summed);

    /// <summary>Over IPv6, with the UDP checksum that it asks for.</summary>
    [Benchmark]
    public int Ipv6() => Push(_v6);

    private static TunnelTemplate TunnelTo(string local, string remote, TunnelOptions options) =>
        VxlanEncapsulation.CreateTemplate(
            new Vni(42), IpAddress.Parse(local), IpAddress.Parse(remote), options, 0, default, default);

    private int Push(TunnelTemplate tunnel)
    {
        FrameDescriptor frame = _frame;
        VxlanEncapsulation.Push(_pool, ref frame, tunnel, _inner, 0, 0);
        return frame.Length;
    }
}
