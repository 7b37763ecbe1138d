namespace VxlanEngine.Policy;

/// <summary>What happens to an IPv4 packet that is too big and may be fragmented.</summary>
public enum OversizeMode : byte
{
    /// <summary>It is fragmented before it enters the tunnel.</summary>
    Fragment,

    /// <summary>It is dropped.</summary>
    Drop,
}
