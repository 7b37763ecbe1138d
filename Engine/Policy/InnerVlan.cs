namespace VxlanEngine.Policy;

/// <summary>What a network does with VLAN tags inside the tunnel (RFC 7348 §6.1).</summary>
/// <remarks>
/// A tunnel that a rule names itself follows the network of its VNI, else that of the endpoint the frame came from;
/// without either, tags are stripped.
/// </remarks>
public enum InnerVlan : byte
{
    /// <summary>Tagged frames from the tunnel are dropped; tags are stripped before encapsulation.</summary>
    Drop,

    /// <summary>Tags are stripped in both directions.</summary>
    Strip,

    /// <summary>Tags are kept in both directions.</summary>
    Keep,
}
