namespace VxlanEngine.Wire;

/// <summary>Which Internet Protocol an address or a packet belongs to.</summary>
public enum IpFamily : byte
{
    /// <summary>Neither: not an IP packet, or an address that was not given.</summary>
    None = 0,

    /// <summary>IPv4 (RFC 791).</summary>
    V4 = 4,

    /// <summary>IPv6 (RFC 8200).</summary>
    V6 = 6,
}
