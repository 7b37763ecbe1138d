using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>The BFD sessions of an uplink: one with each remote VTEP that is named (RFC 5880, RFC 8971).</summary>
public sealed record BfdOptions
{
    /// <summary>Least interval that a policy may ask for.</summary>
    public static TimeSpan MinInterval { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Longest interval that a policy may ask for.</summary>
    public static TimeSpan MaxInterval { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The remote VTEPs to watch, at least one.</summary>
    public ValueArray<IpAddress> Vteps { get; init; }

    /// <summary>
    /// The management VNI, on which all packets are the switch's own (RFC 8971 §4). No network has it. Default 1.
    /// </summary>
    public Vni Vni { get; init; } = new(1);

    /// <summary>
    /// Desired Min TX Interval, 10 ms to a minute; while a session is not up, a second at least. Default 300 ms.
    /// </summary>
    public TimeSpan MinTx { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Required Min RX Interval, 10 ms to a minute. Default 300 ms.</summary>
    public TimeSpan MinRx { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Detect Mult, 1 to 255: packets that the other side may miss. Default 3.</summary>
    public byte Multiplier { get; init; } = 3;

    /// <summary>How packets are authenticated, those received too; null for not at all.</summary>
    public BfdAuthentication? Authentication { get; init; }

    /// <summary>How outer headers are written.</summary>
    public TunnelOptions Tunnel { get; init; } = TunnelOptions.Default;
}
