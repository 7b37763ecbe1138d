using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Reads ARP requests and neighbour solicitations and writes their answers (RFC 826, RFC 4861 §7.2).</summary>
public static class NeighborProxy
{
    /// <summary>Bytes of the longest answer: Ethernet with tags, IPv6, advertisement with one option.</summary>
    public const int MaxAnswerLength =
        EthernetHeader.Length + (PacketParser.MaxVlanTags * VlanTag.Length) + Ipv6Header.Length
        + NeighborMessage.Length + LinkLayerAddressOption.Length;

    /// <summary>The address that a frame asks the owner of.</summary>
    /// <param name="bytes">The bytes that <paramref name="frame"/> was parsed from.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="target">The address.</param>
    /// <returns>
    /// False when the frame is no question, asks for a group, or announces its sender (gratuitous ARP).
    /// </returns>
    public static bool TryReadQuestion(ReadOnlySpan<byte> bytes, in ParsedFrame frame, out IpAddress target)
    {
        target = default;
        if (frame.IsArp)
        {
            var arpReader = new PacketReader(bytes, frame.L3Offset);
            if (!arpReader.TryRead(out ArpPacket arp) || arp.Operation != ArpOperation.Request)
            {
                return false;
            }

            target = arp.Target;
            return arp.Target != arp.Sender && !target.IsMulticast && arp.Target.Value >> 24 is not (0 or 127);
        }

        if (!frame.IsNeighborDiscovery || frame.IcmpType != Icmpv6Type.NeighborSolicitation)
        {
            return false;
        }

        bool valid = IsValid(bytes, frame);
        target = valid ? ReadTarget(bytes, frame) : default;
        return valid && !target.IsMulticast;
    }

    /// <summary>Writes the answer to a question, with the question's VLAN tags.</summary>
    /// <param name="bytes">The bytes of the question.</param>
    /// <param name="question">The question, which <see cref="TryReadQuestion"/> has accepted.</param>
    /// <param name="mac">The MAC address asked for.</param>
    /// <param name="isRouter">Whether a router answers.</param>
    /// <param name="answer">Receives the answer; at least <see cref="MaxAnswerLength"/> bytes.</param>
    /// <returns>Bytes of the answer.</returns>
    public static int WriteAnswer(
        ReadOnlySpan<byte> bytes, in ParsedFrame question, MacAddress mac, bool isRouter, Span<byte> answer)
    {
        var writer = new PacketWriter(answer);
        if (question.IsArp)
        {
            var reader = new PacketReader(bytes, question.L3Offset);
            reader.TryRead(out ArpPacket arp);
            WriteLink(ref writer, bytes, question, question.SourceMac, mac);
            writer.TryWrite(arp.Reply(mac));
            return writer.Offset;
        }

        // RFC 4861 §7.2.4: who has no address yet is answered through all nodes, unsolicited.
        Ipv6Address target = ReadTarget(bytes, question);
        bool solicited = !question.Source.IsUnspecified;
        var allNodes = new Ipv6Address(0xFF02_0000_0000_0000, 1);
        Ipv6Address destination = solicited ? question.Source.V6 : allNodes;
        MacAddress destinationMac = solicited
            ? RequesterMac(bytes, question)
            : MacAddress.ForMulticast(allNodes);
        const int Length = NeighborMessage.Length + LinkLayerAddressOption.Length;
        WriteLink(ref writer, bytes, question, destinationMac, mac);
        writer.TryWrite(new Ipv6Header(target, destination, IpProtocol.Icmpv6, Length, NeighborMessage.HopLimit));
        int start = writer.Offset;
        var message = new NeighborMessage(target, isRouter, solicited, isOverride: true);
        writer.TryWrite(message);
        writer.TryWrite(new LinkLayerAddressOption(LinkLayerAddressOption.TargetType, mac));
        uint pseudo = Checksum.PseudoHeader(target, destination, IpProtocol.Icmpv6, Length);
        message.Checksum = Checksum.Finish(Checksum.Sum(answer.Slice(start, Length), pseudo));
        new PacketWriter(answer, start).TryWrite(message);
        return writer.Offset;
    }

    /// <summary>
    /// RFC 4861 §7.1: hop limit 255, code 0, long enough, a right checksum, and a target that is no group.
    /// </summary>
    internal static bool IsValid(ReadOnlySpan<byte> bytes, in ParsedFrame message)
    {
        int length = message.L3End - message.L4Offset;
        return message.Ttl == NeighborMessage.HopLimit
            && message.IcmpCode == 0
            && length >= NeighborMessage.Length
            && Checksum.IsValid(
                bytes.Slice(message.L4Offset, length),
                Checksum.PseudoHeader(message.Source, message.Destination, IpProtocol.Icmpv6, length))
            && !ReadTarget(bytes, message).IsMulticast;
    }

    /// <summary>Finds the MAC address in a message's options (RFC 4861 §4.6.1).</summary>
    /// <param name="bytes">The bytes that <paramref name="message"/> was parsed from.</param>
    /// <param name="message">A neighbour solicitation or advertisement.</param>
    /// <param name="type">The option's type: source or target.</param>
    /// <param name="mac">The MAC address.</param>
    internal static bool TryFindMac(
        ReadOnlySpan<byte> bytes, in ParsedFrame message, byte type, out MacAddress mac)
    {
        mac = default;
        var reader = new PacketReader(bytes[..message.L3End], message.L4Offset + NeighborMessage.Length);
        while (reader.TryRead(out LinkLayerAddressOption option))
        {
            if (option.Type == type)
            {
                mac = option.Mac;
                return true;
            }

            if (option.WholeLength < LinkLayerAddressOption.Length
                || !reader.TrySkip(option.WholeLength - LinkLayerAddressOption.Length))
            {
                break;
            }
        }

        return false;
    }

    // Tags and EtherType are the question's: who asks in a VLAN listens there.
    private static void WriteLink(
        ref PacketWriter writer,
        ReadOnlySpan<byte> bytes,
        in ParsedFrame question,
        MacAddress destination,
        MacAddress source)
    {
        writer.TryWrite(destination);
        writer.TryWrite(source);
        int macsEnd = question.L2Offset + (2 * MacAddress.Length);
        writer.TryWrite(bytes[macsEnd..question.L3Offset]);
    }

    private static Ipv6Address ReadTarget(ReadOnlySpan<byte> bytes, in ParsedFrame question)
    {
        var reader = new PacketReader(bytes, question.L4Offset);
        reader.TryRead(out NeighborMessage message);
        return message.Target;
    }

    // The source link-layer address option names the requester; without one its frame does (RFC 4861 §4.3).
    private static MacAddress RequesterMac(ReadOnlySpan<byte> bytes, in ParsedFrame question) =>
        TryFindMac(bytes, question, LinkLayerAddressOption.SourceType, out MacAddress mac) ? mac : question.SourceMac;
}
