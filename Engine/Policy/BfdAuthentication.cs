using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>How the packets of an uplink's BFD sessions are authenticated (RFC 5880 §6.7).</summary>
/// <remarks>
/// Packets are sent with the first key and taken with any. To change it without losing a session, give both ends the
/// new key besides the old one, then put it first at both, then take the old one out.
/// </remarks>
public sealed record BfdAuthentication
{
    /// <summary>How; not <see cref="BfdAuthenticationType.None"/>.</summary>
    public required BfdAuthenticationType Type { get; init; }

    /// <summary>The keys, one at least.</summary>
    public ValueArray<BfdKey> Keys { get; init; }

    /// <summary>The most bytes that a key may have: 20 for SHA-1, 16 else (RFC 5880 §4.2 to §4.4).</summary>
    public int MaxKeyLength =>
        Type is BfdAuthenticationType.KeyedSha1 or BfdAuthenticationType.MeticulousKeyedSha1 ? 20 : 16;
}
