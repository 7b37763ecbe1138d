using VxlanEngine.Packets;
using VxlanEngine.Wire;

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

    /// <summary>Number of VLAN tags to put in front of what the inner frame has left of its own.</summary>
    public byte PushVlans;

    /// <summary>Tag control information of the tags to push, 16 bits each, the outermost one's in the lowest.</summary>
    public ulong PushedTcis;

    /// <summary>True for an ICMP error whose quoted packet is translated too.</summary>
    public bool HasQuoted;

    /// <summary>The quoted packet as it arrived; valid when <see cref="HasQuoted"/>.</summary>
    public ParsedFrame Quoted;

    /// <summary>The quoted packet's tuple as it leaves; valid when <see cref="HasQuoted"/>.</summary>
    public FlowTuple QuotedTo;

    /// <summary>The tunnel whose headers are pushed, or null; of two tunnels the outer one.</summary>
    public TunnelTemplate? Push;

    /// <summary>
    /// The tunnel that the frame is put into before it enters <see cref="Push"/>; null where it enters one at most.
    /// </summary>
    public TunnelTemplate? PushFirst;

    /// <summary>
    /// Of two tunnels, the destination MAC address of the frame between them; zero for that of the first one's next
    /// hop.
    /// </summary>
    public MacAddress MiddleMac;

    /// <summary>The maximum segment size that a TCP header shall announce at most; 0 leaves it.</summary>
    public ushort MaxSegment;

    /// <summary>Tag control information of a tag to push.</summary>
    /// <param name="index">Which one, below <see cref="PushVlans"/>; 0 is the outermost.</param>
    public readonly ushort PushedTci(int index) => (ushort)(PushedTcis >> (16 * index));
}
