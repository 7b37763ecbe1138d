using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>
/// What all layers together do to a packet's headers: pop the outer ones, modify fields, push new outer ones.
/// </summary>
/// <remarks>VFP's header transposition: the compiled decision for a flow, applied in one go.</remarks>
public struct HeaderTransposition
{
    /// <summary>The inner packet's fields as they arrived.</summary>
    public ParsedFrame From;

    /// <summary>The inner packet's fields as they leave; differences are written.</summary>
    public ParsedFrame To;

    /// <summary>True when everything in front of the inner frame is removed.</summary>
    public bool PopOuter;

    /// <summary>Number of VLAN tags to remove from the inner frame.</summary>
    public byte PopVlans;

    /// <summary>True when a VLAN tag with <c>To.VlanTci</c> is put in front of the inner frame's EtherType.</summary>
    public bool PushVlan;

    /// <summary>True for an ICMP error whose quoted packet is translated too.</summary>
    public bool HasQuoted;

    /// <summary>The quoted packet as it arrived; valid when <see cref="HasQuoted"/>.</summary>
    public ParsedFrame Quoted;

    /// <summary>The quoted packet's tuple as it leaves; valid when <see cref="HasQuoted"/>.</summary>
    public FlowTuple QuotedTo;

    /// <summary>The tunnel whose headers are pushed, or null.</summary>
    public TunnelTemplate? Push;
}
