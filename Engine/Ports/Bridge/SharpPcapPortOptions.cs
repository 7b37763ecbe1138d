namespace VxlanEngine.Ports.Bridge;

/// <summary>How a <see cref="SharpPcapPort"/> uses its device.</summary>
public sealed record SharpPcapPortOptions
{
    /// <summary>Most received frames that wait for the switch, a power of two. Default 4096.</summary>
    public int Frames { get; init; } = 4096;

    /// <summary>Most bytes of them, a power of two, at least that of the longest frame. Default 4 MiB.</summary>
    public int Bytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// MTU of the interface, in bytes: a TCP packet that does not fit it is a super-frame of this machine. Default
    /// 1500.
    /// </summary>
    public int Mtu { get; init; } = 1500;
}
