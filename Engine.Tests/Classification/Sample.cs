using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Classification;

/// <summary>A packet as a test describes it; what it does not have is null.</summary>
internal sealed record Sample
{
    public string SourceMac { get; init; } = FrameBuilder.MacA;

    public string DestinationMac { get; init; } = FrameBuilder.MacB;

    public ushort EtherType { get; init; } = 0x0800;

    public int? Vlan { get; init; }

    /// <summary>Null for a packet that is not IP.</summary>
    public string? Source { get; init; }

    public string? Destination { get; init; }

    public IpProtocol Protocol { get; init; }

    public int Dscp { get; init; }

    public FragmentKind Fragment { get; init; }

    public int? SourcePort { get; init; }

    public int? DestinationPort { get; init; }

    public TcpFlags? Flags { get; init; }

    public int? IcmpType { get; init; }

    public int? IcmpCode { get; init; }

    public uint? Vni { get; init; }

    public ushort? Group { get; init; }

    public bool IsPolicyApplied { get; init; }

    public string? OuterSource { get; init; }

    public string? OuterDestination { get; init; }

    public static Sample Tcp(int from = 1000, int to = 80, TcpFlags flags = TcpFlags.Ack) =>
        Ip(IpProtocol.Tcp) with { SourcePort = from, DestinationPort = to, Flags = flags };

    public static Sample Udp(int from = 1000, int to = 53) =>
        Ip(IpProtocol.Udp) with { SourcePort = from, DestinationPort = to };

    public static Sample Icmp(int type, int code = 0) =>
        Ip(IpProtocol.Icmp) with { IcmpType = type, IcmpCode = code };

    public static Sample Ip(IpProtocol protocol) =>
        new() { Source = "10.0.0.1", Destination = "10.0.0.2", Protocol = protocol };

    public static Sample Link(ushort etherType) => new() { EtherType = etherType };

    public Sample Over6() => this with { EtherType = 0x86DD, Source = "fd00::1", Destination = "fd00::2" };

    /// <summary>What rules see: the description made bytes, and those parsed.</summary>
    public PacketFacts Facts()
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(Build(), 0, out ParsedFrame parsed));
        return new PacketFacts
        {
            Packet = parsed,
            HasVni = Vni is not null,
            Vni = Vni ?? 0,
            Policy = Group is { } group ? new GroupPolicy(group, IsPolicyApplied) : null,
            OuterSource = OuterSource is null ? default : IpAddress.Parse(OuterSource),
            OuterDestination = OuterDestination is null ? default : IpAddress.Parse(OuterDestination),
            OpensConnection = Flags is { } f && f.HasFlag(TcpFlags.Syn) && !f.HasFlag(TcpFlags.Ack),
        };
    }

    private byte[] Build()
    {
        FrameBuilder frame = FrameBuilder.Ethernet(SourceMac, DestinationMac, Vlan is null ? EtherType : null);
        frame = Vlan is { } id ? frame.Vlan(id, priority: 3, type: EtherType) : frame;
        if (Source is null)
        {
            return frame.Payload(46).Build();
        }

        frame = EtherType == 0x86DD ? Ipv6(frame) : Ipv4(frame);

        // Later fragments carry payload without a transport header.
        return Fragment == FragmentKind.Later
            ? frame.Payload(24).Build()
            : Transport(frame).Payload(16).Build();
    }

    private FrameBuilder Ipv4(FrameBuilder frame) => frame.Ipv4(
        Source!,
        Destination!,
        tos: (byte)((Dscp << 2) | 1),
        protocol: (byte)Protocol,
        moreFragments: Fragment == FragmentKind.First,
        fragmentOffset: Fragment == FragmentKind.Later ? 64 : 0);

    private FrameBuilder Ipv6(FrameBuilder frame)
    {
        byte trafficClass = (byte)((Dscp << 2) | 1);
        return Fragment == FragmentKind.None
            ? frame.Ipv6(Source!, Destination!, trafficClass: trafficClass, nextHeader: (byte)Protocol)
            : frame.Ipv6(Source!, Destination!, trafficClass: trafficClass).Fragment(
                9, Fragment == FragmentKind.Later ? 64 : 0, Fragment == FragmentKind.First, (byte)Protocol);
    }

    // Every header and 16 bytes of payload make a multiple of eight, as a first fragment needs.
    private FrameBuilder Transport(FrameBuilder ip) => Protocol switch
    {
        IpProtocol.Tcp => ip.Tcp(SourcePort!.Value, DestinationPort!.Value, Flags!.Value, options: new byte[4]),
        IpProtocol.Udp => ip.Udp(SourcePort!.Value, DestinationPort!.Value, length: 24),
        IpProtocol.Sctp => ip.Sctp(SourcePort!.Value, DestinationPort!.Value).Payload(4),
        IpProtocol.Icmp => ip.Icmp((byte)IcmpType!, (byte)IcmpCode!),
        IpProtocol.Icmpv6 => ip.Icmpv6((byte)IcmpType!, (byte)IcmpCode!),
        _ => ip.Payload(8),
    };
}
