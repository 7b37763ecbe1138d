namespace VxlanEngine.Overlay;

/// <summary>What a <see cref="MembershipTable"/> has done on the link.</summary>
internal interface IMembershipLink
{
    /// <summary>Says something of a group.</summary>
    /// <param name="membership">The group, and the uplink that is its member.</param>
    /// <param name="kind">What is said.</param>
    /// <param name="version">In which version of IGMP: 1, 2 or 3. MLD's 1 is 2 here, and its 2 is 3.</param>
    void Report(GroupMembership membership, MembershipKind kind, int version);
}
