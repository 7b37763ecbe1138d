using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Writes the ICMP errors that a router owes the sender of a packet it cannot forward.</summary>
/// <remarks>
/// What is wrong (RFC 792, RFC 1191, RFC 4443), who is not told (RFC 1122 §3.2.2, RFC 1812 §4.3.2.7, RFC 4443 §2.4),
/// and how much of the packet is quoted: as much as keeps the error within 576 bytes of IPv4 or 1280 of IPv6.
/// </remarks>
public static class IcmpErrors
{
    /// <summary>Bytes of the longest ICMPv4 error (RFC 1812 §4.3.2.3).</summary>
    public const int MaxIpv4Length = 576;

    /// <summary>Bytes of the longest ICMPv6 error, IPv6's smallest MTU (RFC 4443 §2.4 c).</summary>
    public const int MaxIpv6Length = 1280;

    private const byte Ttl = 64;
    private const byte FragmentationNeeded = 4;
    private const byte InternetworkControl = 0xC0; // RFC 1812 §4.3.2.5: errors have precedence 6.
    private const int LongestWithBroadcast = 30; // RFC 3021: a subnet of two has no broadcast address.

    /// <summary>True when the sender of a packet may be told that it was dropped.</summary>
    /// <param name="packet">The packet as it was sent.</param>
    /// <param name="subnets">The subnets of its network, whose broadcast addresses are nobody's.</param>
    public static bool MayAnswer(in ParsedFrame packet, ValueArray<IpPrefix> subnets) =>
        packet.IsIp
        && packet.Fragment != FragmentKind.Later
        && !packet.SourceMac.IsMulticast
        && !packet.SourceMac.IsZero
        && !packet.DestinationMac.IsMulticast
        && !packet.IsIcmpError
        && !(packet.HasTransport && packet is { Protocol: IpProtocol.Icmpv6, IcmpType: Icmpv6Type.Redirect })
        && IsStation(packet.Source, subnets)
        && !packet.Destination.IsMulticast
        && !IsBroadcast(packet.Destination, subnets);

    /// <summary>Bytes of the error's frame.</summary>
    /// <param name="packet">The packet that it quotes.</param>
    /// <param name="keepsTags">Whether the error has the packet's VLAN tags.</param>
    /// <param name="mtu">Largest packet that may be sent, at least 68.</param>
    public static int LengthFor(in ParsedFrame packet, bool keepsTags, int mtu) =>
        LinkLength(packet, keepsTags) + HeadersLength(packet.Family) + QuotedLength(packet, mtu);

    /// <summary>Writes an error about a packet, to its sender.</summary>
    /// <param name="bytes">The bytes that <paramref name="packet"/> was parsed from, as they were sent.</param>
    /// <param name="packet">The packet, of which <see cref="MayAnswer"/> is true.</param>
    /// <param name="error">What is wrong.</param>
    /// <param name="from">Who says so; of the packet's family.</param>
    /// <param name="fromMac">MAC address of that one.</param>
    /// <param name="keepsTags">Whether the error has the packet's VLAN tags.</param>
    /// <param name="frame">Receives the error: <see cref="LengthFor"/> bytes.</param>
    public static void Write(
        ReadOnlySpan<byte> bytes,
        in ParsedFrame packet,
        IcmpHeader error,
        IpAddress from,
        MacAddress fromMac,
        bool keepsTags,
        Span<byte> frame)
    {
        var writer = new PacketWriter(frame);
        writer.TryWrite(packet.SourceMac);
        writer.TryWrite(fromMac);
        int tags = keepsTags ? packet.L2Offset + (2 * MacAddress.Length) : packet.L3Offset - UInt16BE.Length;
        writer.TryWrite(bytes[tags..packet.L3Offset]);
        bool isV4 = packet.Family == IpFamily.V4;
        int length = frame.Length - writer.Offset;
        if (isV4)
        {
            // A datagram that is not to be fragmented needs no identification (RFC 6864 §4).
            writer.TryWrite(new Ipv4Header(
                from.V4,
                packet.Source.V4,
                IpProtocol.Icmp,
                (ushort)length,
                Ttl,
                InternetworkControl,
                dontFragment: true));
        }
        else
        {
            writer.TryWrite(new Ipv6Header(
                from.V6, packet.Source.V6, IpProtocol.Icmpv6, (ushort)(length - Ipv6Header.Length), Ttl));
        }

        int start = writer.Offset;
        error.Checksum = 0;
        writer.TryWrite(error);
        writer.TryWrite(bytes.Slice(packet.L3Offset, writer.Remaining));
        uint pseudo = isV4
            ? 0
            : Checksum.PseudoHeader(from, packet.Source, IpProtocol.Icmpv6, length - Ipv6Header.Length);
        MemoryMarshal.AsRef<IcmpHeader>(frame[start..]).Checksum =
            Checksum.Finish(Checksum.Sum(frame[start..], pseudo));
    }

    /// <summary>A packet does not fit the next link (RFC 1191 §4, RFC 4443 §3.2).</summary>
    /// <param name="family">The packet's family.</param>
    /// <param name="mtu">Largest packet that does fit; for IPv6 no less than its smallest MTU is told.</param>
    public static IcmpHeader TooBig(IpFamily family, int mtu) => family == IpFamily.V4
        ? new IcmpHeader(Icmpv4Type.DestinationUnreachable, FragmentationNeeded, (uint)mtu)
        : new IcmpHeader(Icmpv6Type.PacketTooBig, 0, (uint)Math.Max(mtu, MaxIpv6Length));

    /// <summary>A packet's hops ran out on the way (RFC 792, RFC 4443 §3.3).</summary>
    public static IcmpHeader HopsExceeded(IpFamily family) =>
        new(family == IpFamily.V4 ? Icmpv4Type.TimeExceeded : Icmpv6Type.TimeExceeded, 0, 0);

    private static int LinkLength(in ParsedFrame packet, bool keepsTags) =>
        keepsTags ? packet.L3Offset - packet.L2Offset : EthernetHeader.Length;

    private static int HeadersLength(IpFamily family) =>
        IcmpHeader.Length + (family == IpFamily.V4 ? Ipv4Header.Length : Ipv6Header.Length);

    private static int QuotedLength(in ParsedFrame packet, int mtu)
    {
        int most = Math.Min(mtu, packet.Family == IpFamily.V4 ? MaxIpv4Length : MaxIpv6Length);
        return Math.Min(packet.L3End - packet.L3Offset, most - HeadersLength(packet.Family));
    }

    // RFC 1122 §3.2.1.3: what is no one's address, or everybody's, cannot be told anything.
    private static bool IsStation(IpAddress source, ValueArray<IpPrefix> subnets) =>
        !source.IsUnspecified
        && !source.IsMulticast
        && !IsBroadcast(source, subnets)
        && (source.Family == IpFamily.V6 || source.V4.Value >> 24 is not (0 or 127 or >= 240));

    private static bool IsBroadcast(IpAddress address, ValueArray<IpPrefix> subnets)
    {
        if (address.Family != IpFamily.V4)
        {
            return false;
        }

        foreach (IpPrefix subnet in subnets)
        {
            bool isLast = subnet.Address.Family == IpFamily.V4
                && subnet.PrefixLength <= LongestWithBroadcast
                && subnet.Last == address;
            if (isLast)
            {
                return true;
            }
        }

        return address.V4.Value == uint.MaxValue;
    }
}
