using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Replay;

/// <summary>Says in words where two frames differ.</summary>
internal static class FrameFields
{
    private const string None = "none";
    private const int ShownBytes = 4;

    /// <summary>The fields that differ; never empty for frames whose bytes differ.</summary>
    /// <param name="before">The first frame.</param>
    /// <param name="openedBefore">Its headers.</param>
    /// <param name="after">The second frame.</param>
    /// <param name="openedAfter">Its headers.</param>
    public static List<FieldChange> Compare(
        ReadOnlySpan<byte> before,
        in OpenedFrame openedBefore,
        ReadOnlySpan<byte> after,
        in OpenedFrame openedAfter)
    {
        bool bothTunnelled = openedBefore.IsTunnelled && openedAfter.IsTunnelled;
        List<(string Name, string Value)> fieldsBefore = Read(openedBefore, bothTunnelled);
        List<(string Name, string Value)> fieldsAfter = Read(openedAfter, bothTunnelled);
        var changes = new List<FieldChange>();
        foreach ((string name, string value) in fieldsBefore)
        {
            string other = ValueOf(fieldsAfter, name) ?? None;
            if (other != value)
            {
                changes.Add(new FieldChange(name, value, other));
            }
        }

        changes.AddRange(fieldsAfter
            .Where(f => ValueOf(fieldsBefore, f.Name) is null)
            .Select(f => new FieldChange(f.Name, None, f.Value)));

        ComparePayload(before, openedBefore.Packet, after, openedAfter.Packet, changes);
        if (changes.Count == 0)
        {
            AddFirstBytes("bytes from", before, after, changes);
        }

        return changes;
    }

    /// <summary>The tunnel that a frame is in, as <see cref="Compare"/> words it; null without one.</summary>
    public static string? Tunnel(in OpenedFrame frame) =>
        frame.IsTunnelled ? $"{frame.Tunnel} {frame.Outer.Source} > {frame.Outer.Destination}" : null;

    private static string? ValueOf(List<(string Name, string Value)> fields, string name) =>
        fields.Find(f => f.Name == name).Value;

    private static List<(string Name, string Value)> Read(in OpenedFrame frame, bool tunnelInDetail)
    {
        var fields = new List<(string, string)>();
        if (Tunnel(frame) is string tunnel)
        {
            fields.Add(("tunnel", tunnel));
        }

        if (tunnelInDetail)
        {
            ParsedFrame outer = frame.Outer;
            fields.Add(("tunnel destination mac", outer.DestinationMac.ToString()));
            fields.Add(("tunnel source mac", outer.SourceMac.ToString()));
            fields.Add(("tunnel source port", outer.SourcePort.ToString()));
            fields.Add(("tunnel destination port", outer.DestinationPort.ToString()));
            ReadNetwork(outer, "tunnel ", fields);
        }

        ParsedFrame packet = frame.Packet;
        fields.Add(("destination mac", packet.DestinationMac.ToString()));
        fields.Add(("source mac", packet.SourceMac.ToString()));
        fields.Add(("ether type", $"0x{(ushort)packet.EtherType:x4}"));
        if (packet.IsIp || packet.IsArp)
        {
            fields.Add(("source address", packet.Source.ToString()));
            fields.Add(("destination address", packet.Destination.ToString()));
        }

        ReadTransport(packet, fields);
        ReadNetwork(packet, string.Empty, fields);
        return fields;
    }

    private static void ReadTransport(in ParsedFrame packet, List<(string, string)> fields)
    {
        if (!packet.HasTransport)
        {
            return;
        }

        if (packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6)
        {
            fields.Add(("icmp type and code", $"{packet.IcmpType}/{packet.IcmpCode}"));
            fields.Add(("identifier", packet.SourcePort.ToString()));
            return;
        }

        fields.Add(("source port", packet.SourcePort.ToString()));
        fields.Add(("destination port", packet.DestinationPort.ToString()));
    }

    private static void ReadNetwork(in ParsedFrame packet, string prefix, List<(string, string)> fields)
    {
        if (packet.VlanCount > 0)
        {
            string more = packet.VlanCount == 1 ? string.Empty : $" and {packet.VlanCount - 1} more";
            fields.Add(($"{prefix}vlan", $"{packet.VlanId}{more}"));
        }

        if (packet.IsIp)
        {
            fields.Add(($"{prefix}protocol", packet.Protocol.ToString().ToLowerInvariant()));
            fields.Add(($"{prefix}ttl", packet.Ttl.ToString()));
            fields.Add(($"{prefix}traffic class", $"0x{packet.TrafficClass:x2}"));
            fields.Add(($"{prefix}don't fragment", packet.DontFragment ? "set" : "clear"));
        }
    }

    private static void ComparePayload(
        ReadOnlySpan<byte> before,
        in ParsedFrame packetBefore,
        ReadOnlySpan<byte> after,
        in ParsedFrame packetAfter,
        List<FieldChange> changes)
    {
        ReadOnlySpan<byte> payloadBefore = before[packetBefore.PayloadOffset..];
        ReadOnlySpan<byte> payloadAfter = after[packetAfter.PayloadOffset..];
        if (payloadBefore.Length != payloadAfter.Length)
        {
            changes.Add(new FieldChange(
                "payload length", payloadBefore.Length.ToString(), payloadAfter.Length.ToString()));
        }
        else if (!payloadBefore.SequenceEqual(payloadAfter))
        {
            AddFirstBytes("payload from byte", payloadBefore, payloadAfter, changes);
        }
    }

    private static void AddFirstBytes(
        string what, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, List<FieldChange> changes)
    {
        int offset = before.CommonPrefixLength(after);
        if (offset < before.Length || offset < after.Length)
        {
            changes.Add(new FieldChange($"{what} {offset}", Shown(before[offset..]), Shown(after[offset..])));
        }
    }

    private static string Shown(ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty ? None : Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, ShownBytes)]);
}
