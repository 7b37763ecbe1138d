using System.Buffers.Binary;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Writes what a host says of a group: IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810).</summary>
internal static class MembershipMessage
{
    /// <summary>Type of the router alert option in a hop-by-hop options header (RFC 2711).</summary>
    public const byte Ipv6RouterAlert = 5;

    /// <summary>Bytes of the longest message: an MLDv2 report.</summary>
    public const int MaxLength = UnderlayLink.MaxLength + Ipv6Header.Length + HopByHopLength
        + IcmpHeader.Length + GroupRecord.Length + Ipv6Address.Length;

    private const int HopByHopLength = 8;
    private const int OptionLength = 4;

    // RFC 2113: value 0, every router is to look at the packet.
    private const uint Ipv4RouterAlert = 0x9404_0000;

    // RFC 3376 §4: precedence of internetwork control.
    private const byte InternetworkControl = 0xC0;

    private static readonly Ipv4Address AllRouters = new(0xE000_0002);
    private static readonly Ipv4Address AllIgmpv3Routers = new(0xE000_0016);
    private static readonly Ipv6Address AllRouters6 = new(0xFF02_0000_0000_0000, 2);
    private static readonly Ipv6Address AllMldv2Routers = new(0xFF02_0000_0000_0000, 0x16);

    /// <summary>Writes a message.</summary>
    /// <param name="kind">What is said; in version 1 not that a group was left, which it has no words for.</param>
    /// <param name="version">IGMP's 1, 2 or 3; MLD's 1 is 2 here, and its 2 is 3.</param>
    /// <param name="group">The group.</param>
    /// <param name="local">The sender: for MLD a link-local address.</param>
    /// <param name="own">The uplink's own MAC address.</param>
    /// <param name="tci">Tag control information of the uplink's VLAN; 0 for no tag.</param>
    /// <param name="frame">Receives the message; at least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes of the message.</returns>
    public static int Write(
        MembershipKind kind,
        int version,
        IpAddress group,
        IpAddress local,
        MacAddress own,
        ushort tci,
        Span<byte> frame) =>
        group.Family == IpFamily.V4
            ? WriteIgmp(kind, version, group.V4, local.V4, own, tci, frame)
            : WriteMld(kind, version, group.V6, local.V6, own, tci, frame);

    private static byte RecordType(MembershipKind kind) => kind switch
    {
        MembershipKind.Joined => GroupRecord.ChangeToExclude,
        MembershipKind.Left => GroupRecord.ChangeToInclude,
        _ => GroupRecord.ModeIsExclude,
    };

    private static int WriteIgmp(
        MembershipKind kind,
        int version,
        Ipv4Address group,
        Ipv4Address local,
        MacAddress own,
        ushort tci,
        Span<byte> frame)
    {
        bool isLeave = kind == MembershipKind.Left;
        Ipv4Address destination = version == 3 ? AllIgmpv3Routers : isLeave ? AllRouters : group;
        int length = IgmpHeader.Length + (version == 3 ? GroupRecord.Length + Ipv4Address.Length : 0);
        var writer = new PacketWriter(frame);
        UnderlayLink.Write(ref writer, MacAddress.ForMulticast(destination), own, tci, EtherType.Ipv4);
        int ipStart = writer.Offset;
        writer.TryWrite(new Ipv4Header(
            local,
            destination,
            IpProtocol.Igmp,
            (ushort)(Ipv4Header.Length + OptionLength + length),
            ttl: 1,
            InternetworkControl,
            dontFragment: true));
        writer.TryWrite((UInt32BE)Ipv4RouterAlert);
        Span<byte> header = frame[ipStart..writer.Offset];
        header[0] += OptionLength / sizeof(uint);
        const int checksumOffset = 10;
        header[checksumOffset..(checksumOffset + UInt16BE.Length)].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(header[checksumOffset..], Checksum.Compute(header));

        int start = writer.Offset;
        if (version == 3)
        {
            // Where others have the group, a report has its number of records: one.
            writer.TryWrite(new IgmpHeader(IgmpHeader.MembershipReportV3, 0, 0, new Ipv4Address(1)));
            writer.TryWrite(new GroupRecord(RecordType(kind), 0));
            writer.TryWrite(group);
        }
        else
        {
            byte type = isLeave ? IgmpHeader.LeaveGroup
                : version == 2 ? IgmpHeader.MembershipReportV2
                : IgmpHeader.MembershipReportV1;
            writer.TryWrite(new IgmpHeader(type, 0, 0, group));
        }

        Span<byte> message = frame[start..writer.Offset];
        BinaryPrimitives.WriteUInt16BigEndian(message[UInt16BE.Length..], Checksum.Compute(message));
        return writer.Offset;
    }

    private static int WriteMld(
        MembershipKind kind,
        int version,
        Ipv6Address group,
        Ipv6Address local,
        MacAddress own,
        ushort tci,
        Span<byte> frame)
    {
        bool isLeave = kind == MembershipKind.Left;
        Ipv6Address destination = version == 3 ? AllMldv2Routers : isLeave ? AllRouters6 : group;
        int length = IcmpHeader.Length + Ipv6Address.Length + (version == 3 ? GroupRecord.Length : 0);
        var writer = new PacketWriter(frame);
        UnderlayLink.Write(ref writer, MacAddress.ForMulticast(destination), own, tci, EtherType.Ipv6);
        writer.TryWrite(new Ipv6Header(
            local, destination, IpProtocol.HopByHop, (ushort)(HopByHopLength + length), hopLimit: 1));
        ReadOnlySpan<byte> options = [(byte)IpProtocol.Icmpv6, 0, Ipv6RouterAlert, 2, 0, 0, 1, 0];
        writer.TryWrite(options);

        int start = writer.Offset;
        if (version == 3)
        {
            // The rest of the header is a reserved field and the number of records: one.
            writer.TryWrite(new IcmpHeader(Icmpv6Type.MulticastListenerReportV2, 0, restOfHeader: 1));
            writer.TryWrite(new GroupRecord(RecordType(kind), 0));
        }
        else
        {
            byte type = isLeave ? Icmpv6Type.MulticastListenerDone : Icmpv6Type.MulticastListenerReport;
            writer.TryWrite(new IcmpHeader(type, 0, restOfHeader: 0));
        }

        writer.TryWrite(group);
        Span<byte> message = frame[start..writer.Offset];
        uint pseudo = Checksum.PseudoHeader(local, destination, IpProtocol.Icmpv6, message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(
            message[UInt16BE.Length..], Checksum.Finish(Checksum.Sum(message, pseudo)));
        return writer.Offset;
    }
}
