namespace VxlanEngine.Policy;

/// <summary>The don't-fragment bit of an outer IPv4 header.</summary>
public enum DontFragmentMode : byte
{
    /// <summary>Always set.</summary>
    Set,

    /// <summary>As in the inner IPv4 header; set for other inner packets.</summary>
    Copy,

    /// <summary>Never set.</summary>
    Clear,
}
