using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests;

/// <summary>A super-frame leaves as the frames that it stands for would, one by one.</summary>
public sealed class SuperFrameTests
{
    private const int SegmentSize = 1000;
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 2500).Select(i => (byte)(i * 7))];

    public static TheoryData<bool, SegmentKind> Kinds => new()
    {
        { false, SegmentKind.TcpIpv4 },
        { true, SegmentKind.TcpIpv6 },
        { false, SegmentKind.Udp },
        { true, SegmentKind.Udp },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void From_an_endpoint_into_a_tunnel(bool isV6, SegmentKind kind)
    {
        byte[][] frames = Frames(MacA, MacC, isV6 ? [Ip6A, Ip6C] : [IpA, IpC], kind);
        (List<byte[]> one, SegmentKind told) = Run(Sized, "a", "up", [(Whole(frames), kind)]);
        (List<byte[]> many, _) = Run(Sized, "a", "up", [.. frames.Select(f => (f, SegmentKind.None))]);
        Assert.Equal(3, many.Count);
        Assert.Equal(many, one);
        Assert.Equal(kind == SegmentKind.Udp ? SegmentKind.UdpInTunnel : kind, told);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Out_of_a_tunnel_to_an_endpoint(bool isV6, SegmentKind kind)
    {
        byte[][] frames = Frames(MacC, MacA, isV6 ? [Ip6C, Ip6A] : [IpC, IpA], kind);
        SegmentKind inTunnel = kind == SegmentKind.Udp ? SegmentKind.UdpInTunnel : kind;
        (List<byte[]> one, SegmentKind told) = Run(Sized, "up", "a", [(Tunnelled(Whole(frames)), inTunnel)]);
        Assert.Equal(frames, one);
        Assert.Equal(kind, told);
    }

    [Fact]
    public void Datagrams_with_an_outer_checksum_have_each_their_own()
    {
        SwitchPolicy policy = Sized.WithTunnel(t => t with { UdpChecksum = UdpChecksumMode.Compute });
        byte[][] frames = Frames(MacA, MacC, [IpA, IpC], SegmentKind.Udp);
        (List<byte[]> one, _) = Run(policy, "a", "up", [(Whole(frames), SegmentKind.Udp)]);
        (List<byte[]> many, _) = Run(policy, "a", "up", [.. frames.Select(f => (f, SegmentKind.None))]);
        Assert.Equal(many, one);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void From_an_endpoint_into_two_tunnels_by_policy(bool isV6, SegmentKind kind)
    {
        var around = new ExplicitTunnel { Vni = new Vni(9000), Destinations = [Ip(VtepFar)] };
        Layer outside = UplinkLayer(new RuleAction.Encap { Tunnel = around }) with
        {
            Groups = [GroupOf("out", Direction.Out, new RuleAction.Encap { Tunnel = around })],
        };
        SwitchPolicy policy = Sized.Plus(outside);
        byte[][] frames = Frames(MacA, MacC, isV6 ? [Ip6A, Ip6C] : [IpA, IpC], kind);
        (List<byte[]> one, SegmentKind told) = Run(policy, "a", "up", [(Whole(frames), kind)]);
        (List<byte[]> many, _) = Run(policy, "a", "up", [.. frames.Select(f => (f, SegmentKind.None))]);
        Assert.Equal(3, many.Count);
        Assert.Equal(100, many[0].Length - frames[0].Length);
        Assert.Equal(many, one);
        Assert.Equal(SegmentKind.None, told);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void From_an_endpoint_that_has_a_tunnel_of_its_own(bool isV6, SegmentKind kind)
    {
        byte[][] frames = Frames(MacA, MacC, isV6 ? [Ip6A, Ip6C] : [IpA, IpC], kind);
        SegmentKind inTunnel = kind == SegmentKind.Udp ? SegmentKind.UdpInTunnel : kind;
        (List<byte[]> one, SegmentKind told) = Run(Sized, "a", "up", [(Own(Whole(frames), 0), inTunnel)]);
        (List<byte[]> many, _) = Run(
            Sized, "a", "up", [.. frames.Select((f, i) => (Own(f, i), SegmentKind.None))]);
        Assert.Equal(3, many.Count);
        Assert.Equal(many, one);
        Assert.Equal(SegmentKind.None, told);

        static byte[] Own(byte[] frame, int segment) =>
            FromA().Ipv4(IpA, IpC, id: 80 + segment).Vxlan(77).Payload(frame).Build();
    }

    [Fact]
    public void What_is_three_tunnels_deep_is_dropped_for_its_size()
    {
        // An endpoint whose own tunnel holds another one: nobody here looks that deep.
        byte[][] frames = Frames(MacA, MacC, [IpA, IpC], SegmentKind.TcpIpv4);
        byte[] deep = FromA().Ipv4(IpA, IpC).Vxlan(77).Payload(
            FromA().Ipv4(IpA, IpC).Vxlan(78).Payload(Whole(frames)).Build()).Build();
        (List<byte[]> one, SegmentKind told) = Run(Sized, "a", "up", [(deep, SegmentKind.TcpIpv4)]);
        Assert.Empty(one);
        Assert.Equal(SegmentKind.None, told);
    }

    // Sizes must do for the segments, not for what carries them.
    private static SwitchPolicy Sized => Green.Policy.WithPort("up", p => p with { Mtu = 1500 });

    private static byte[] Whole(byte[][] frames)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frames[0], 0, out ParsedFrame packet));
        byte[] whole = [.. frames[0][..packet.PayloadOffset], .. Payload];
        int length = whole.Length - packet.L3Offset;
        if (packet.Family == IpFamily.V4)
        {
            WriteWord(whole, packet.L3Offset + 2, length);
            WriteWord(whole, packet.L3Offset + 10, 0);
            WriteWord(whole, packet.L3Offset + 10, FrameBuilder.InternetChecksum(whole.AsSpan(14, 20)));
        }
        else
        {
            WriteWord(whole, packet.L3Offset + 4, length - Ipv6Header.Length);
        }

        if (packet.Protocol == IpProtocol.Udp)
        {
            WriteWord(whole, packet.L4Offset + 4, whole.Length - packet.L4Offset);
        }

        return whole;
    }

    private static void WriteWord(byte[] bytes, int at, int value) =>
        (bytes[at], bytes[at + 1]) = ((byte)(value >> 8), (byte)value);

    private static byte[][] Frames(string from, string to, string[] addresses, SegmentKind kind) =>
    [
        .. Payload.Chunk(SegmentSize).Select((payload, i) =>
        {
            FrameBuilder ip = addresses[0].Contains(':', StringComparison.Ordinal)
                ? FrameBuilder.Ethernet(from, to).Ipv6(addresses[0], addresses[1])
                : FrameBuilder.Ethernet(from, to).Ipv4(addresses[0], addresses[1], id: 700 + i, dontFragment: true);
            FrameBuilder transport = kind == SegmentKind.Udp
                ? ip.Udp(40000, 53)
                : ip.Tcp(40000, 443, TcpFlags.Ack, 5000u + (uint)(i * SegmentSize));
            return transport.Payload(payload).Build();
        }),
    ];

    /// <summary>Sends frames to a port and says what leaves at another, and how a super-frame was to be cut.</summary>
    private static (List<byte[]> Frames, SegmentKind Told) Run(
        SwitchPolicy policy, string ingress, string egress, (byte[] Bytes, SegmentKind Kind)[] frames)
    {
        using var vswitch = new VirtualSwitch(policy);
        using var source = new Source(frames);
        using var sink = new MemoryPort();
        var observer = new LastKind(sink);
        vswitch.Attach(ingress, source);
        vswitch.Attach(egress, observer);
        while (vswitch.Poll() > 0)
        {
        }

        Assert.True(vswitch.ReadCounters().AddsUp);
        var left = new List<byte[]>();
        while (sink.TryTake(out ReadOnlyMemory<byte> frame))
        {
            left.Add(frame.ToArray());
        }

        return (left, observer.Kind);
    }

    /// <summary>A port whose frames may be super-frames.</summary>
    private sealed class Source((byte[] Bytes, SegmentKind Kind)[] frames) : IPacketPort
    {
        private int _next;

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
        {
            if (_next == frames.Length)
            {
                return 0;
            }

            (byte[] bytes, SegmentKind kind) = frames[_next++];
            Assert.True(pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(pool.Frame(frame));
            frame.Segment = kind;
            frame.SegmentSize = (ushort)(kind == SegmentKind.None ? 0 : SegmentSize);
            frame.Checksum = kind == SegmentKind.None ? ChecksumStatus.Good : ChecksumStatus.Partial;
            burst[0] = frame;
            return 1;
        }

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst) => 0;

        public void Dispose()
        {
        }
    }

    /// <summary>A port that cuts super-frames as the switch does for those that take none.</summary>
    private sealed class LastKind(MemoryPort sink) : IPacketPort
    {
        public SegmentKind Kind { get; private set; }

        public bool TakesSuperFrames => true;

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst) => 0;

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
        {
            Kind = burst[0].Segment;
            return PortSink.Send(pool, burst[0], sink) ? 1 : 0;
        }

        public void Dispose()
        {
        }
    }
}
