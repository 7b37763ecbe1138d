using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>
/// Writes outer headers: Ethernet, a VLAN tag or none, IPv4 or IPv6, UDP, and that of the tunnel (RFC 7348 §5).
/// </summary>
public static class VxlanEncapsulation
{
    /// <summary>Bytes of the outer headers of VXLAN over IPv4 in front of an inner frame, without a VLAN tag.</summary>
    public const int Ipv4HeadersLength =
        EthernetHeader.Length + Ipv4Header.Length + UdpHeader.Length + VxlanHeader.Length;

    /// <summary>Bytes of the outer headers of VXLAN over IPv6 in front of an inner frame, without a VLAN tag.</summary>
    public const int Ipv6HeadersLength =
        EthernetHeader.Length + Ipv6Header.Length + UdpHeader.Length + VxlanHeader.Length;

    private const int MaxIpLength = 65535;

    /// <summary>Resolves a tunnel.</summary>
    /// <param name="vni">The network identifier.</param>
    /// <param name="local">The local VTEP.</param>
    /// <param name="remote">The remote VTEP, of the same family.</param>
    /// <param name="options">How the headers are written; their kind is one that is spoken.</param>
    /// <param name="uplink">Index of the uplink.</param>
    /// <param name="uplinkMac">MAC address of the uplink.</param>
    /// <param name="nextHopMac">MAC address of the next hop to the remote VTEP.</param>
    public static TunnelTemplate CreateTemplate(
        Vni vni,
        IpAddress local,
        IpAddress remote,
        TunnelOptions options,
        int uplink,
        MacAddress uplinkMac,
        MacAddress nextHopMac) =>
        CreateTemplate(
            vni, local, remote, options, new NextHop(uplink, uplinkMac, 0, remote, nextHopMac, IsLearnt: false));

    /// <summary>Resolves a tunnel by its next hop on the underlay.</summary>
    internal static TunnelTemplate CreateTemplate(
        Vni vni, IpAddress local, IpAddress remote, TunnelOptions options, in NextHop hop)
    {
        ArgumentNullException.ThrowIfNull(options);
        ITunnelProtocol protocol = TunnelProtocols.Of(options.Kind)!;
        bool isV4 = remote.Family == IpFamily.V4;
        int ipLength = isV4 ? Ipv4Header.Length : Ipv6Header.Length;
        Span<byte> header = stackalloc byte[
            UnderlayLink.Length(hop.Tci) + ipLength + UdpHeader.Length + protocol.HeaderLength];
        var writer = new PacketWriter(header);
        UnderlayLink.Write(ref writer, hop.Mac, hop.Own, hop.Tci, isV4 ? EtherType.Ipv4 : EtherType.Ipv6);
        if (isV4)
        {
            bool dontFragment = options.DontFragment != DontFragmentMode.Clear;
            writer.TryWrite(new Ipv4Header(
                local.V4, remote.V4, IpProtocol.Udp, 0, options.Ttl, dontFragment: dontFragment));
        }
        else
        {
            writer.TryWrite(new Ipv6Header(local.V6, remote.V6, IpProtocol.Udp, 0, options.Ttl));
        }

        writer.TryWrite(new UdpHeader(0, options.UdpPort, 0));
        protocol.Write(ref writer, TunnelTemplate.HeaderOf(vni, options));
        return new TunnelTemplate(header)
        {
            Vni = vni,
            Local = local,
            Remote = remote,
            Uplink = hop.Uplink,
            Options = options,
            NextHopAddress = hop.Address,
            IsNextHopLearnt = hop.IsLearnt,
        };
    }

    /// <summary>Puts a frame into a tunnel.</summary>
    /// <param name="pool">The pool that holds the frame.</param>
    /// <param name="frame">The inner frame; the outer one when it succeeds, unchanged when not.</param>
    /// <param name="tunnel">The tunnel.</param>
    /// <param name="inner">The inner frame's fields.</param>
    /// <param name="key">Key of the hash that chooses the source port.</param>
    /// <param name="identification">IPv4 identification, used only where DF is clear (RFC 6864 §4).</param>
    public static DropReason Push(
        PacketPool pool,
        ref FrameDescriptor frame,
        TunnelTemplate tunnel,
        in ParsedFrame inner,
        ulong key,
        ushort identification)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(tunnel);
        var outer = new OuterFields(
            TrafficClassAround(tunnel.Options, inner),
            MayFragment(tunnel, inner),
            SourcePort(tunnel.Options, inner, key));
        return Push(pool, ref frame, tunnel, outer, identification);
    }

    /// <summary>Puts a frame that is in a tunnel already into another one.</summary>
    /// <remarks>
    /// What the outer headers say of the packet in them they say of the first tunnel's; the source port is that of the
    /// innermost flow, so that both directions can have the same.
    /// </remarks>
    /// <param name="pool">The pool that holds the frame.</param>
    /// <param name="frame">The first tunnel's packet; the second's when it succeeds, unchanged when not.</param>
    /// <param name="tunnel">The second tunnel.</param>
    /// <param name="first">The tunnel that the frame is in.</param>
    /// <param name="inner">The innermost frame's fields.</param>
    /// <param name="key">Key of the hash that chooses the source port.</param>
    /// <param name="identification">IPv4 identification, used only where DF is clear.</param>
    internal static DropReason PushAround(
        PacketPool pool,
        ref FrameDescriptor frame,
        TunnelTemplate tunnel,
        TunnelTemplate first,
        in ParsedFrame inner,
        ulong key,
        ushort identification)
    {
        var outer = new OuterFields(
            OuterTrafficClass(tunnel.Options, TrafficClassAround(first.Options, inner)),
            MayFragment(tunnel, first, inner),
            SourcePort(tunnel.Options, inner, key));
        return Push(pool, ref frame, tunnel, outer, identification);
    }

    private static DropReason Push(
        PacketPool pool,
        ref FrameDescriptor frame,
        TunnelTemplate tunnel,
        in OuterFields outer,
        ushort identification)
    {
        int length = tunnel.Header.Length;
        int outerIpLength = length - tunnel.LinkLength + frame.Length;
        if (frame.Offset < length)
        {
            return DropReason.HeadroomExhausted;
        }

        if (outerIpLength > MaxIpLength)
        {
            return DropReason.MtuExceeded;
        }

        frame.Offset -= length;
        frame.Length += length;
        Span<byte> bytes = pool.Frame(frame);
        tunnel.Header.CopyTo(bytes);
        Span<byte> ip = bytes[tunnel.LinkLength..];
        int udpOffset = tunnel.Remote.Family == IpFamily.V4
            ? WriteIpv4(ip, outer, identification)
            : WriteIpv6(ip, outer.TrafficClass);
        WriteUdp(ip[udpOffset..], tunnel, outer.SourcePort);
        return DropReason.None;
    }

    /// <summary>
    /// The UDP source port of an inner frame: in the configured range, by the hash of its flow (RFC 7348 §5).
    /// </summary>
    public static ushort SourcePort(TunnelOptions options, in ParsedFrame inner, ulong key)
    {
        ArgumentNullException.ThrowIfNull(options);
        ulong entropy = FlowHash.Entropy(inner, options.SymmetricSourcePort, key);
        uint count = options.SourcePorts.Last - options.SourcePorts.First + 1;
        return (ushort)(options.SourcePorts.First + (uint)(((entropy >> 32) * count) >> 32));
    }

    /// <summary>The outer traffic class for an inner packet's.</summary>
    /// <remarks>
    /// RFC 2983: DSCP by the pipe or the uniform model. RFC 6040 §4.1: ECN is copied in normal mode.
    /// </remarks>
    internal static byte OuterTrafficClass(TunnelOptions options, byte inner)
    {
        byte dscp = options.Dscp == DscpMode.Uniform ? (byte)(inner & ~Ecn.Mask) : (byte)0;
        return (byte)(dscp | Ecn.Encapsulate(inner));
    }

    private static byte TrafficClassAround(TunnelOptions options, in ParsedFrame inner) =>
        inner.IsIp ? OuterTrafficClass(options, inner.TrafficClass) : (byte)0;

    /// <summary>
    /// Whether the outer packet is one of IPv4 that routers may fragment, so that it needs an identification
    /// (RFC 6864 §4).
    /// </summary>
    internal static bool MayFragment(TunnelTemplate tunnel, in ParsedFrame inner) =>
        tunnel.Remote.Family == IpFamily.V4 && tunnel.Options.DontFragment switch
        {
            DontFragmentMode.Clear => true,
            DontFragmentMode.Copy => inner.Family == IpFamily.V4 && !inner.DontFragment,
            _ => false,
        };

    /// <summary>Whether the packet of a frame's second tunnel may be fragmented.</summary>
    /// <param name="tunnel">The second tunnel.</param>
    /// <param name="first">The first one; null where there is none, so that the second has the frame itself.</param>
    /// <param name="inner">The innermost frame's fields.</param>
    internal static bool MayFragment(TunnelTemplate tunnel, TunnelTemplate? first, in ParsedFrame inner) =>
        first is null || tunnel.Options.DontFragment != DontFragmentMode.Copy
            ? MayFragment(tunnel, inner)
            : tunnel.Remote.Family == IpFamily.V4 && MayFragment(first, inner);

    private static int WriteIpv4(Span<byte> ip, in OuterFields outer, ushort identification)
    {
        ref Ipv4Header header = ref MemoryMarshal.AsRef<Ipv4Header>(ip);
        header.ReplaceTotalLength((ushort)ip.Length);
        header.ReplaceTrafficClass(outer.TrafficClass);
        if (outer.MayFragment)
        {
            header.ReplaceDontFragment(false);
            header.ReplaceIdentification(identification);
        }

        return Ipv4Header.Length;
    }

    private static int WriteIpv6(Span<byte> ip, byte trafficClass)
    {
        ref Ipv6Header header = ref MemoryMarshal.AsRef<Ipv6Header>(ip);
        header.PayloadLength = (ushort)(ip.Length - Ipv6Header.Length);
        header.TrafficClass = trafficClass;
        return Ipv6Header.Length;
    }

    /// <summary>Whether a tunnel's outer UDP checksum is computed.</summary>
    /// <remarks>
    /// RFC 7348 §5: SHOULD be zero over IPv4. RFC 6935: zero over IPv6 only where asked for.
    /// </remarks>
    internal static bool ComputesUdpChecksum(TunnelTemplate tunnel) =>
        tunnel.Options.UdpChecksum == UdpChecksumMode.Compute
        || (tunnel.Options.UdpChecksum == UdpChecksumMode.Default && tunnel.Remote.Family == IpFamily.V6);

    private static void WriteUdp(Span<byte> datagram, TunnelTemplate tunnel, ushort sourcePort)
    {
        ref UdpHeader udp = ref MemoryMarshal.AsRef<UdpHeader>(datagram);
        udp.SourcePort = sourcePort;
        udp.DatagramLength = (ushort)datagram.Length;

        if (ComputesUdpChecksum(tunnel))
        {
            uint pseudo = Checksum.PseudoHeader(
                tunnel.Local, tunnel.Remote, IpProtocol.Udp, datagram.Length);
            udp.Checksum = Checksum.FinishUdp(Checksum.Sum(datagram, pseudo));
        }
    }

    /// <summary>What outer headers say of the packet that they are for.</summary>
    private readonly record struct OuterFields(byte TrafficClass, bool MayFragment, ushort SourcePort);
}
