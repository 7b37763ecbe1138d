using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>How the interface of a <see cref="TapPort"/> is made.</summary>
public sealed record TapPortOptions
{
    /// <summary>MAC address that the interface gets; zero for one of the kernel's choice.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>MTU that the interface gets, in bytes; 0 for the kernel's default.</summary>
    public int Mtu { get; init; }

    /// <summary>
    /// Whether several ports may be queues of one interface. A flow's frames come to the queue that its answers were
    /// sent by, and those of a flow without answers to any one; where that changes, two frames may change places. Off
    /// by default.
    /// </summary>
    public bool MultiQueue { get; init; }

    /// <summary>
    /// Whether UDP super-frames, which a sender with UDP_SEGMENT makes, come whole; not for an uplink, where they may
    /// hold tunnel packets. Before Linux 6.2 the kernel parts them, as it does by default.
    /// </summary>
    public bool UdpSuperFrames { get; init; }

    /// <summary>
    /// Whether super-frames in VXLAN with an outer UDP checksum of zero cross the interface whole, both ways: for
    /// an uplink whose interface is bridged to a wire. Needs Linux 6.17. Off by default.
    /// </summary>
    public bool TunnelSuperFrames { get; init; }
}
