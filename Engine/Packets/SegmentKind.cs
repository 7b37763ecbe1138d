namespace VxlanEngine.Packets;

/// <summary>How a super-frame, larger than the MTU, is to be cut into frames.</summary>
public enum SegmentKind : byte
{
    /// <summary>It is no super-frame.</summary>
    None,

    /// <summary>TCP over IPv4.</summary>
    TcpIpv4,

    /// <summary>TCP over IPv6.</summary>
    TcpIpv6,

    /// <summary>UDP without a tunnel around it, every segment a datagram.</summary>
    Udp,

    /// <summary>UDP in a tunnel, every segment a datagram in a tunnel packet of its own.</summary>
    /// <remarks>
    /// The tunnel's packet is UDP too, so that it must be said which one is cut; of TCP there is only one.
    /// </remarks>
    UdpInTunnel,
}
