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

    /// <summary>UDP, every segment a datagram.</summary>
    Udp,
}
