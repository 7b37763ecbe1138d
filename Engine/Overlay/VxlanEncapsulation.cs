using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Writes outer headers: Ethernet, IPv4 or IPv6, UDP, and that of the tunnel (RFC 7348 §5).</summary>
public static class VxlanEncapsulation
{
    /// <summary>Bytes of the outer headers in front of an inner frame in VXLAN over IPv4.</summary>
    public const int Ipv4HeadersLength =
        EthernetHeader.Length + Ipv4Header.Length + UdpHeader.Length + VxlanHeader.Length;

    /// <summary>Bytes of the outer headers in front of an inner frame in VXLAN over IPv6.</summary>
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
        CreateTemplate(vni, local, remote, options, uplink, uplinkMac, nextHopMac, isNextHopLearnt: false);

    /// <summary>Resolves a tunnel whose next hop the engine may have found itself.</summary>
    internal static TunnelTemplate CreateTemplate(
        Vni vni,
        IpAddress local,
        IpAddress remote,
        TunnelOptions options,
        int uplink,
        MacAddress uplinkMac,
        MacAddress nextHopMac,
        bool isNextHopLearnt)
    {
        ArgumentNullException.ThrowIfNull(options);
        ITunnelProtocol protocol = TunnelProtocols.Of(options.Kind)!;
        bool isV4 = remote.Family == IpFamily.V4;
        int ipLength = isV4 ? Ipv4Header.Length : Ipv6Header.Length;
        Span<byte> header = stackalloc byte[
            EthernetHeader.Length + ipLength + UdpHeader.Length + protocol.HeaderLength];
        var writer = new PacketWriter(header);
        writer.TryWrite(new EthernetHeader(nextHopMac, uplinkMac, isV4 ? EtherType.Ipv4 : EtherType.Ipv6));
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
            Uplink = uplink,
            Options = options,
            IsNextHopLearnt = isNextHopLearnt,
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
        int length = tunnel.Header.Length;
        int outerIpLength = length - EthernetHeader.Length + frame.Length;
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
        Span<byte> ip = bytes[EthernetHeader.Length..];
        byte trafficClass = inner.IsIp ? OuterTrafficClass(tunnel.Options, inner.TrafficClass) : (byte)0;
        int udpOffset = tunnel.Remote.Family == IpFamily.V4
            ? WriteIpv4(ip, tunnel, inner, trafficClass, identification)
            : WriteIpv6(ip, trafficClass);
        WriteUdp(ip[udpOffset..], tunnel, SourcePort(tunnel.Options, inner, key));
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

    private static int WriteIpv4(
        Span<byte> ip, TunnelTemplate tunnel, in ParsedFrame inner, byte trafficClass, ushort identification)
    {
        ref Ipv4Header header = ref MemoryMarshal.AsRef<Ipv4Header>(ip);
        header.ReplaceTotalLength((ushort)ip.Length);
        header.ReplaceTrafficClass(trafficClass);
        if (MayFragment(tunnel, inner))
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
}
