namespace VxlanEngine.Overlay;

/// <summary>What a host says of a group.</summary>
internal enum MembershipKind : byte
{
    /// <summary>It has joined.</summary>
    Joined,

    /// <summary>It has left.</summary>
    Left,

    /// <summary>In answer to a query: it is a member.</summary>
    Current,
}
