using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>What a tunnel header says, in terms that all kinds of tunnels share.</summary>
public readonly record struct TunnelHeader
{
    /// <summary>The kind; <see cref="TunnelKind.None"/> where no header could be read.</summary>
    public TunnelKind Kind { get; init; }

    /// <summary>The network identifier, 24 bits.</summary>
    public Vni Vni { get; init; }

    /// <summary>The sender's group; null where the header names none, or is not read as one that does.</summary>
    public GroupPolicy? Policy { get; init; }

    /// <summary>
    /// The group-policy extension's D bit: nobody may learn from this packet where its sender is.
    /// </summary>
    public bool DontLearn { get; init; }

    /// <summary>
    /// VXLAN-GPE's B bit: the packet is one of several copies, one for each VTEP, of a frame for everybody.
    /// </summary>
    public bool IsReplicated { get; init; }

    /// <summary>
    /// The 64 bits of a VXLAN header without those that mean something to the reader: 0 unless a reserved bit is set.
    /// Always 0 for other kinds, whose reserved bits are ignored on receipt.
    /// </summary>
    public ulong ReservedBits { get; init; }

    /// <summary>The header in words: <c>geneve vni 4097</c>, <c>vxlan vni 4097 group policy 17 applied</c>.</summary>
    public override string ToString()
    {
        string policy = Policy is GroupPolicy group
            ? $" group policy {group.Id}{(group.IsApplied ? " applied" : string.Empty)}"
            : string.Empty;
        string copy = IsReplicated ? " replicated" : string.Empty;
        return $"{TunnelProtocols.Of(Kind)?.Name ?? "tunnel"} vni {Vni}{policy}{copy}";
    }
}
