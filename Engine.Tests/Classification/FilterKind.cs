namespace VxlanEngine.Tests.Classification;

/// <summary>What a rule set is like: the three families of seeds of ClassBench (Taylor and Turner, 2005).</summary>
public enum FilterKind
{
    /// <summary>Access lists: narrow destinations, any source port, mostly single destination ports.</summary>
    AccessList,

    /// <summary>Firewalls: one address is often open, ports of all kinds.</summary>
    Firewall,

    /// <summary>Chains of a host's firewall: between the two.</summary>
    Chain,
}
