using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Replay;

/// <summary>The headers of a frame, and of the frame in its tunnel where it is a VXLAN packet.</summary>
internal readonly struct OpenedFrame
{
    private OpenedFrame(in ParsedFrame outer, in ParsedFrame packet, Vni? vni)
    {
        Outer = outer;
        Packet = packet;
        Vni = vni;
    }

    /// <summary>The frame itself.</summary>
    public ParsedFrame Outer { get; }

    /// <summary>The innermost frame, whose offsets count from the outer frame's first byte.</summary>
    public ParsedFrame Packet { get; }

    /// <summary>The tunnel's network; null when there is no tunnel.</summary>
    public Vni? Vni { get; }

    /// <summary>Reads a frame's headers, as far as they are whole.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="tunnelPort">The UDP port that announces a tunnel; null to open none.</param>
    public static OpenedFrame Open(ReadOnlySpan<byte> frame, ushort? tunnelPort)
    {
        PacketParser.ParseFrame(frame, 0, out ParsedFrame outer);
        bool isTunnel = outer is { HasTransport: true, Protocol: IpProtocol.Udp }
            && outer.DestinationPort == tunnelPort;
        return isTunnel
            && PacketParser.ParseVxlan(frame, outer, out VxlanHeader vxlan, out ParsedFrame inner) == DropReason.None
                ? new OpenedFrame(outer, inner, vxlan.Vni)
                : new OpenedFrame(outer, outer, null);
    }

    /// <summary>Who speaks to whom in the innermost packet: <c>tcp 10.0.1.5:40312 > 10.0.1.6:80</c>.</summary>
    public string Conversation()
    {
        ParsedFrame packet = Packet;
        return packet.IsIp ? Flows.FlowTuple.Of(packet).ToString()
            : packet.IsArp ? $"arp {packet.Source} > {packet.Destination}"
            : $"ethernet 0x{(ushort)packet.EtherType:x4} {packet.SourceMac} > {packet.DestinationMac}";
    }
}
