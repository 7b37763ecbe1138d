namespace VxlanEngine.Policy;

/// <summary>What to do with a received VXLAN header whose reserved bits are not all 0.</summary>
public enum ReservedBits : byte
{
    /// <summary>Ignore them, as RFC 7348 §5 says.</summary>
    Ignore,

    /// <summary>Drop the packet, as Linux, Open vSwitch and VPP do.</summary>
    Reject,
}
