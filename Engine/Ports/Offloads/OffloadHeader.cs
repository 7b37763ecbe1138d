using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Offloads;

/// <summary>
/// What Linux tells of a frame whose checksum or segmentation is left to somebody else: <c>struct virtio_net_hdr</c>.
/// </summary>
/// <remarks>
/// 10 bytes in the machine's byte order, in front of the frame.
/// Source: linux/virtio_net.h.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct OffloadHeader
{
    /// <summary>Length in front of a frame, in bytes.</summary>
    public const int Length = 10;

    /// <summary>
    /// Length with what follows where tunnels are told of (<c>struct virtio_net_hdr_v1_hash_tunnel</c>).
    /// </summary>
    public const int TunnelLength = 24;

    /// <summary>Where the longer header says where the tunnel's UDP header begins, 16 bits.</summary>
    public const int OuterTransportOffset = 20;

    /// <summary>Where it says where the inner IP header begins, 16 bits.</summary>
    public const int InnerNetworkOffset = 22;

    /// <summary>The checksum at <see cref="ChecksumStart"/> + <see cref="ChecksumOffset"/> is to be computed.</summary>
    public const byte NeedsChecksum = 1;

    /// <summary>The checksum was found right.</summary>
    public const byte DataValid = 2;

    /// <summary>No super-frame.</summary>
    public const byte None = 0;

    /// <summary>TCP over IPv4.</summary>
    public const byte TcpIpv4 = 1;

    /// <summary>TCP over IPv6.</summary>
    public const byte TcpIpv6 = 4;

    /// <summary>UDP, each segment a datagram.</summary>
    public const byte Udp = 5;

    /// <summary>Flag beside the kind: TCP's congestion-window-reduced bit is set.</summary>
    public const byte EcnFlag = 0x80;

    /// <summary>Flag beside the kind: the super-frame is in a UDP tunnel over IPv4.</summary>
    public const byte TunnelIpv4 = 0x20;

    /// <summary>Flag beside the kind: the super-frame is in a UDP tunnel over IPv6.</summary>
    public const byte TunnelIpv6 = 0x40;

    /// <summary><see cref="NeedsChecksum"/>, <see cref="DataValid"/>.</summary>
    public byte Flags;

    /// <summary>The kind of super-frame.</summary>
    public byte Kind;

    /// <summary>Bytes of all headers of a super-frame; a hint.</summary>
    public ushort HeadersLength;

    /// <summary>Payload bytes of each segment.</summary>
    public ushort SegmentSize;

    /// <summary>Where the checksum begins to add up.</summary>
    public ushort ChecksumStart;

    /// <summary>Where the checksum stands, from <see cref="ChecksumStart"/> on.</summary>
    public ushort ChecksumOffset;
}
