namespace VxlanEngine.Policy;

/// <summary>The checksum of an outer UDP header (RFC 7348 §5, RFC 6935).</summary>
public enum UdpChecksumMode : byte
{
    /// <summary>0 over IPv4, computed over IPv6.</summary>
    Default,

    /// <summary>Always 0.</summary>
    Zero,

    /// <summary>Always computed.</summary>
    Compute,
}
