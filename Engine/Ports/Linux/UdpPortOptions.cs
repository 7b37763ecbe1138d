using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>How a <see cref="UdpPort"/> stands between a socket and a switch that wants whole frames.</summary>
public sealed record UdpPortOptions
{
    /// <summary>UDP port of VXLAN. Default 4789.</summary>
    public ushort Port { get; init; } = 4789;

    /// <summary>MAC address of the uplink, which received frames are addressed to; zero for broadcast.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>
    /// MTU of the underlay, in bytes: a TCP packet that does not fit it is a super-frame of the sender's kernel.
    /// Default 1500.
    /// </summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>Number of sockets to send from, each with a source port of its own, 1 to 256. Default 16.</summary>
    public int SourcePorts { get; init; } = 16;

    /// <summary>
    /// Whether several ports of one user may share the address, each flow of the underlay always at the same port. Off
    /// by default.
    /// </summary>
    public bool ReusePort { get; init; }
}
