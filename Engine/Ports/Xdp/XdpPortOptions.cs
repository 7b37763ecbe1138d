using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>How an <see cref="XdpPort"/> uses its interface.</summary>
public sealed record XdpPortOptions
{
    /// <summary>
    /// Where the XDP program runs; null, the default, for the driver where it can, and behind it elsewhere.
    /// </summary>
    public XdpMode? Mode { get; init; }

    /// <summary>Number of the receive and transmit queue; of the first one of several. Default 0.</summary>
    public int Queue { get; init; }

    /// <summary>Whether the kernel copies frames. It chooses by default.</summary>
    public XdpCopyMode Copy { get; init; }

    /// <summary>
    /// Whether asking for frames makes the driver look for some, instead of waiting for its interrupt. Off by default.
    /// </summary>
    /// <remarks>
    /// The device's <c>napi_defer_hard_irqs</c> and <c>gro_flush_timeout</c> should be set, too (af_xdp.rst).
    /// </remarks>
    public bool BusyPoll { get; init; }

    /// <summary>
    /// Whether datagrams of one flow that wait together leave as one super-frame, which the device cuts, or the kernel
    /// in front of it (UDP segmentation offload). Off by default.
    /// </summary>
    /// <remarks>
    /// AF_XDP has no words for super-frames. All UDP goes by a packet socket then, so that a flow keeps its order, and
    /// what else there is by the ring. The kernel makes a buffer of its own for each frame that comes by the ring,
    /// where it copies them; for a super-frame it makes one. Where the driver takes frames as they lie
    /// (<see cref="XdpCopyMode.ZeroCopy"/>), all go by the ring. For the rest, see
    /// <see cref="RawPortOptions.UdpSegmentation"/>.
    /// </remarks>
    public bool UdpSegmentation { get; init; }

    /// <summary>Whether the interface takes frames for any MAC address. Off by default.</summary>
    public bool Promiscuous { get; init; }

    /// <summary>
    /// Frames that each of the four rings holds, a power of two; the port pins two times as many pages of 4 KiB, and
    /// those of the switch's other ports of its kind. Default 2048, so that as many frames wait at most in either
    /// direction.
    /// </summary>
    public int RingSize { get; init; } = 2048;
}
