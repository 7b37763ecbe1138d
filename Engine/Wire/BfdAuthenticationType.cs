namespace VxlanEngine.Wire;

/// <summary>How a BFD control packet is authenticated (RFC 5880 §4.1).</summary>
public enum BfdAuthenticationType : byte
{
    /// <summary>Reserved.</summary>
    None = 0,

    /// <summary>A password, readable by everybody on the way (RFC 5880 §6.7.2).</summary>
    SimplePassword = 1,

    /// <summary>A digest by MD5 of packet and key; sequence numbers may repeat (RFC 5880 §6.7.3).</summary>
    KeyedMd5 = 2,

    /// <summary>As <see cref="KeyedMd5"/>, and every packet has another sequence number.</summary>
    MeticulousKeyedMd5 = 3,

    /// <summary>A digest by SHA-1 of packet and key; sequence numbers may repeat (RFC 5880 §6.7.4).</summary>
    KeyedSha1 = 4,

    /// <summary>As <see cref="KeyedSha1"/>, and every packet has another sequence number.</summary>
    MeticulousKeyedSha1 = 5,
}
