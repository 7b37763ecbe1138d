namespace VxlanEngine.Ports.Linux;

/// <summary>How a <see cref="RawPort"/> uses its interface.</summary>
public sealed record RawPortOptions
{
    /// <summary>Whether the interface takes frames for any MAC address. Off by default.</summary>
    public bool Promiscuous { get; init; }

    /// <summary>
    /// Whether sent frames pass the queueing discipline by: faster, and dropped at once where the device is busy. Off
    /// by default.
    /// </summary>
    public bool BypassQueueing { get; init; }

    /// <summary>
    /// Whether datagrams of one flow that wait together leave as one super-frame, which the device cuts, or the kernel
    /// in front of it (UDP segmentation offload). Off by default.
    /// </summary>
    /// <remarks>
    /// They get a UDP checksum, also where they had none; one that is wrong stays so, for such a datagram goes alone,
    /// as those do that may be fragmented. A virtual wire carries super-frames whole: its other end must know them, as
    /// the kernel's own stack does and a packet socket without PACKET_VNET_HDR does not, unless the interface is told
    /// to cut them (<c>ethtool -K eth0 tx-udp-segmentation off tx off</c>). Needs Linux 6.2.
    /// </remarks>
    public bool UdpSegmentation { get; init; }

    /// <summary>
    /// Number of a group of ports on one interface that share its frames, each flow always at the same port; null for a
    /// port that gets all frames.
    /// </summary>
    public ushort? FanoutGroup { get; init; }

    /// <summary>
    /// Whether a frame goes to another port of the group when its own is full, out of order. The same for all ports of
    /// a group. On by default.
    /// </summary>
    public bool FanoutRollover { get; init; } = true;

    /// <summary>Bytes of a block of the receive ring, a multiple of 64 KiB. Default 128 KiB.</summary>
    public int BlockSize { get; init; } = 128 * 1024;

    /// <summary>Number of blocks. Default 128, so that 16 MiB wait at most.</summary>
    public int BlockCount { get; init; } = 128;
}
