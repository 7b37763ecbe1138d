using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>
/// What rules may look at: the innermost packet as it is at the layer, and the tunnel it came through.
/// </summary>
public struct PacketFacts
{
    /// <summary>The innermost packet; layers that were crossed have changed it.</summary>
    public ParsedFrame Packet;

    /// <summary>
    /// True when the packet belongs to an overlay network: it came through a tunnel or from a local endpoint.
    /// </summary>
    public bool HasVni;

    /// <summary>The VNI, when <see cref="HasVni"/>.</summary>
    public uint Vni;

    /// <summary>The sender's group by the tunnel header; null where none is named.</summary>
    public GroupPolicy? Policy;

    /// <summary>Outer source; no address when the packet did not come through a tunnel.</summary>
    public IpAddress OuterSource;

    /// <summary>Outer destination; no address when the packet did not come through a tunnel.</summary>
    public IpAddress OuterDestination;

    /// <summary>
    /// True for the TCP segment that opens a connection, and for all of a connection that one opened.
    /// </summary>
    public bool OpensConnection;

    /// <summary>Forgets everything, field by field: as a whole it would be slower, for there is a reference.</summary>
    internal void Clear()
    {
        Packet = default;
        HasVni = false;
        Vni = 0;
        Policy = null;
        OuterSource = default;
        OuterDestination = default;
        OpensConnection = false;
    }
}
