using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Replay;

/// <summary>The headers of a frame, and of the frame in its tunnel where it is a tunnel packet.</summary>
internal readonly struct OpenedFrame
{
    private OpenedFrame(in ParsedFrame outer, in ParsedFrame packet, in TunnelHeader tunnel)
    {
        Outer = outer;
        Packet = packet;
        Tunnel = tunnel;
    }

    /// <summary>The frame itself.</summary>
    public ParsedFrame Outer { get; }

    /// <summary>The innermost frame, whose offsets count from the outer frame's first byte.</summary>
    public ParsedFrame Packet { get; }

    /// <summary>What the tunnel's header says; of no kind when there is no tunnel.</summary>
    public TunnelHeader Tunnel { get; }

    /// <summary>True when there is a tunnel.</summary>
    public bool IsTunnelled => Tunnel.Kind != TunnelKind.None;

    /// <summary>Reads the headers of a frame of unknown origin, as far as they are whole.</summary>
    /// <remarks>The UDP ports that IANA has assigned announce tunnels.</remarks>
    public static OpenedFrame Open(ReadOnlySpan<byte> frame)
    {
        PacketParser.ParseFrame(frame, 0, out ParsedFrame outer);
        return Open(frame, outer, TunnelProtocols.At(outer.DestinationPort));
    }

    /// <summary>Reads the headers of a frame that left, as far as they are whole.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="tunnel">The tunnel it was put into; null for none.</param>
    public static OpenedFrame Open(ReadOnlySpan<byte> frame, TunnelOptions? tunnel)
    {
        PacketParser.ParseFrame(frame, 0, out ParsedFrame outer);
        return Open(frame, outer, tunnel?.ProtocolAt(outer.DestinationPort));
    }

    private static OpenedFrame Open(ReadOnlySpan<byte> frame, in ParsedFrame outer, ITunnelProtocol? protocol) =>
        protocol is not null
            && outer is { HasTransport: true, Protocol: IpProtocol.Udp }
            && PacketParser.ParseTunnel(frame, outer, protocol, out TunnelHeader tunnel, out ParsedFrame inner)
                == DropReason.None
                ? new OpenedFrame(outer, inner, tunnel)
                : new OpenedFrame(outer, outer, default);

    /// <summary>Who speaks to whom in the innermost packet: <c>tcp 10.0.1.5:40312 > 10.0.1.6:80</c>.</summary>
    public string Conversation()
    {
        ParsedFrame packet = Packet;
        return packet.IsIp ? Flows.FlowTuple.Of(packet).ToString()
            : packet.IsArp ? $"arp {packet.Source} > {packet.Destination}"
            : $"ethernet 0x{(ushort)packet.EtherType:x4} {packet.SourceMac} > {packet.DestinationMac}";
    }
}
