using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>What routers of the underlay say of tunnel packets that were too big for them.</content>
internal sealed partial class PacketProcessor
{
    private const byte FragmentationNeeded = 4;

    /// <summary>Lowers the path MTU to a VTEP when the underlay says that a tunnel packet to it was too big.</summary>
    /// <remarks>
    /// Anybody can write such a message, so it must quote a packet that this switch may have sent: from its VTEP, to
    /// one that it has a tunnel to, and by a VNI of such a tunnel if that much is quoted (RFC 5927 §4).
    /// </remarks>
    /// <returns>False when the message says nothing that is to be believed.</returns>
    private bool TryLearnPathMtu(BoundPort port)
    {
        if (!TryReadTooBig(port, out uint mtu, out Vni? vni))
        {
            return false;
        }

        ref readonly ParsedFrame quoted = ref _c.Quoted;
        if (!_snapshot.HasTunnel(quoted.Source, quoted.Destination, quoted.DestinationPort, vni))
        {
            return false;
        }

        int now = _state.PathMtus.Limit(quoted.Destination, MtuOf(port), _c.NowNs);
        return _state.PathMtus.TryLower(quoted.Destination, mtu, now, _c.NowNs);
    }

    /// <summary>Reads a whole and right message to one of the uplink's VTEPs about a UDP packet of its own.</summary>
    private bool TryReadTooBig(BoundPort port, out uint mtu, out Vni? vni)
    {
        ref readonly ParsedFrame error = ref _c.Outer;
        ref readonly ParsedFrame quoted = ref _c.Quoted;
        mtu = 0;
        vni = null;
        bool isTooBig = _c.HasQuoted
            && error.Fragment == FragmentKind.None
            && (error.Protocol, error.IcmpType, error.IcmpCode) is
                (IpProtocol.Icmp, Icmpv4Type.DestinationUnreachable, FragmentationNeeded)
                or (IpProtocol.Icmpv6, Icmpv6Type.PacketTooBig, _)
            && IsVtep(port, error.Destination)
            && quoted is { HasTransport: true, Protocol: IpProtocol.Udp }
            && quoted.Source == error.Destination;
        if (!isTooBig)
        {
            return false;
        }

        ReadOnlySpan<byte> message = Bytes[error.L4Offset..error.L3End];
        uint pseudo = error.Family == IpFamily.V4
            ? 0
            : Checksum.PseudoHeader(error.Source, error.Destination, IpProtocol.Icmpv6, message.Length);
        uint rest = MemoryMarshal.Read<IcmpHeader>(message).RestOfHeader;
        mtu = error.Family == IpFamily.V4 ? rest & ushort.MaxValue : rest;

        // RFC 792 asks for eight bytes behind the quoted IP header; the VNI stands in the next
        // eight, at the same place in every kind of tunnel.
        var reader = new PacketReader(Bytes[..error.L3End], quoted.L4Offset + UdpHeader.Length);
        if (reader.TryRead(out VxlanHeader vxlan))
        {
            vni = vxlan.Vni;
        }

        return Checksum.IsValid(message, pseudo) && mtu < LengthStated(quoted);
    }

    /// <summary>Bytes of a quoted packet by its own header, however few of them are quoted.</summary>
    private int LengthStated(in ParsedFrame quoted)
    {
        ReadOnlySpan<byte> header = Bytes[quoted.L3Offset..];
        return quoted.Family == IpFamily.V4
            ? MemoryMarshal.Read<Ipv4Header>(header).TotalLength
            : MemoryMarshal.Read<Ipv6Header>(header).PayloadLength + Ipv6Header.Length;
    }
}
