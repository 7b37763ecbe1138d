using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>A tunnel that a rule names itself, without a mapping space.</summary>
public sealed record ExplicitTunnel
{
    /// <summary>The VNI to send.</summary>
    public required Vni Vni { get; init; }

    /// <summary>Remote VTEPs of one family; with several, the flow's hash chooses (ECMP).</summary>
    public required ValueArray<IpAddress> Destinations { get; init; }

    /// <summary>The local VTEP: an address of an uplink; null means the first uplink address of the family.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>
    /// Inner destination MAC address to write, as routing to a remote router needs; null leaves the frame alone. Of a
    /// second tunnel, the MAC address of the first one's far end, or of a router to it, in the second.
    /// </summary>
    public MacAddress? RouterMac { get; init; }

    /// <summary>How outer headers are written.</summary>
    public TunnelOptions Options { get; init; } = TunnelOptions.Default;
}
