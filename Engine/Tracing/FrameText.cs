using System.Globalization;
using System.Text;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Tracing;

/// <summary>Says in one line what headers a frame has.</summary>
/// <remarks>
/// <c>ethernet 02:..:01 > 02:..:02, ipv4 172.31.0.1 > 172.31.0.2 ttl 64, udp 57311 > 4789, vxlan vni 4097, …</c>
/// </remarks>
public static class FrameText
{
    /// <summary>Describes a whole frame, and the frame in its tunnel.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="tunnelAt">
    /// The tunnel that a UDP destination port announces, or null; by default what the assigned ports announce.
    /// </param>
    public static string Describe(ReadOnlySpan<byte> bytes, Func<ushort, ITunnelProtocol?>? tunnelAt = null) =>
        Describe(bytes, (depth, frame) => depth == 0 ? (tunnelAt ?? TunnelProtocols.At)(frame.DestinationPort) : null);

    /// <summary>Describes a whole frame, and the frames in its tunnels.</summary>
    /// <param name="bytes">The frame.</param>
    /// <param name="tunnelOf">
    /// The tunnel that a UDP packet is of, or null; it is told how many tunnels are around the packet.
    /// </param>
    internal static string Describe(ReadOnlySpan<byte> bytes, Func<int, ParsedFrame, ITunnelProtocol?> tunnelOf)
    {
        var text = new StringBuilder();
        DropReason reason = PacketParser.ParseFrame(bytes, 0, out ParsedFrame frame);
        Append(text, bytes, frame);
        for (int depth = 0; reason == DropReason.None; depth++)
        {
            bool isUdp = frame is { HasTransport: true, Protocol: IpProtocol.Udp, Fragment: FragmentKind.None };
            if (!isUdp || tunnelOf(depth, frame) is not ITunnelProtocol protocol)
            {
                break;
            }

            reason = PacketParser.ParseTunnel(bytes, frame, protocol, out TunnelHeader tunnel, out ParsedFrame inner);
            if (tunnel.Kind != TunnelKind.None)
            {
                text.Append(CultureInfo.InvariantCulture, $", {tunnel}, ");
                Append(text, bytes, inner);
            }

            frame = inner;
        }

        if (reason != DropReason.None)
        {
            text.Append(CultureInfo.InvariantCulture, $", then {reason.Name()}");
        }

        return text.ToString();
    }

    /// <summary>What a packet is called in one short phrase: protocol, source and destination.</summary>
    public static string Name(in ParsedFrame frame)
    {
        if (frame.IsArp)
        {
            return $"arp {frame.Source} > {frame.Destination}";
        }

        if (!frame.IsIp)
        {
            return $"{frame.SourceMac} > {frame.DestinationMac} ethertype 0x{(ushort)frame.EtherType:x4}";
        }

        string fragment = frame.Fragment == FragmentKind.None
            ? string.Empty
            : $" {frame.Fragment.ToString().ToLowerInvariant()} fragment";
        string protocol = ProtocolName(frame.Protocol);
        bool hasPorts = frame.HasTransport
            && frame.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        if (hasPorts)
        {
            return $"{protocol} {WithPort(frame.Source, frame.SourcePort)} > "
                + $"{WithPort(frame.Destination, frame.DestinationPort)}{fragment}";
        }

        string kind = frame.HasTransport ? $" type {frame.IcmpType} code {frame.IcmpCode}" : string.Empty;
        return $"{protocol} {frame.Source} > {frame.Destination}{kind}{fragment}";
    }

    /// <summary>A protocol's name, or its number where it has none here.</summary>
    public static string ProtocolName(IpProtocol protocol) =>
        Enum.IsDefined(protocol)
            ? protocol.ToString().ToLowerInvariant()
            : $"protocol {(byte)protocol}";

    private static string WithPort(IpAddress address, ushort port) =>
        address.Family == IpFamily.V6 ? $"[{address}]:{port}" : $"{address}:{port}";

    private static void Append(StringBuilder text, ReadOnlySpan<byte> bytes, in ParsedFrame frame)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        if (frame.FrameEnd - frame.L2Offset < EthernetHeader.Length)
        {
            text.Append(c, $"{frame.FrameEnd - frame.L2Offset} bytes");
            return;
        }

        text.Append(c, $"ethernet {frame.SourceMac} > {frame.DestinationMac}");
        if (frame.VlanCount > 0)
        {
            text.Append(c, $", vlan {frame.VlanId}");
            text.Append(frame.VlanCount > 1 ? $" and {frame.VlanCount - 1} more" : string.Empty);
        }

        if (frame.IsArp)
        {
            AppendArp(text, bytes, frame);
        }
        else if (frame.IsIp)
        {
            AppendIp(text, frame);
        }
        else
        {
            text.Append(frame.EtherType == EtherType.None
                ? ", 802.3"
                : string.Create(c, $", ethertype 0x{(ushort)frame.EtherType:x4}"));
        }
    }

    private static void AppendArp(StringBuilder text, ReadOnlySpan<byte> bytes, in ParsedFrame frame)
    {
        var reader = new PacketReader(bytes, frame.L3Offset);
        if (!reader.TryRead(out ArpPacket arp))
        {
            return;
        }

        text.Append(arp.Operation == ArpOperation.Request
            ? $", arp who has {arp.Target}, asks {arp.Sender}"
            : $", arp {arp.Sender} is at {arp.SenderMac}, to {arp.Target}");
    }

    private static void AppendIp(StringBuilder text, in ParsedFrame frame)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        text.Append(frame.Family == IpFamily.V4 ? ", ipv4 " : ", ipv6 ");
        text.Append(c, $"{frame.Source} > {frame.Destination} ttl {frame.Ttl}");
        text.Append(frame.TrafficClass != 0 ? $" tos 0x{frame.TrafficClass:x2}" : string.Empty);
        text.Append(frame.DontFragment ? " df" : string.Empty);
        if (frame.Fragment != FragmentKind.None)
        {
            text.Append(c, $" fragment {frame.FragmentId} at {frame.FragmentOffset}");
        }

        text.Append(c, $", {ProtocolName(frame.Protocol)}");
        if (!frame.HasTransport)
        {
            return;
        }

        switch (frame.Protocol)
        {
            case IpProtocol.Tcp:
                text.Append(c, $" {frame.SourcePort} > {frame.DestinationPort} {Flags(frame.TcpFlags)}");
                break;
            case IpProtocol.Udp or IpProtocol.Sctp:
                text.Append(c, $" {frame.SourcePort} > {frame.DestinationPort}");
                break;
            case IpProtocol.Icmp or IpProtocol.Icmpv6:
                text.Append(c, $" type {frame.IcmpType} code {frame.IcmpCode}");
                text.Append(frame.SourcePort != 0 ? $" id {frame.SourcePort}" : string.Empty);
                break;
        }
    }

    private static string Flags(TcpFlags flags) =>
        flags == TcpFlags.None ? "-" : flags.ToString().ToLowerInvariant().Replace(", ", "+", StringComparison.Ordinal);
}
