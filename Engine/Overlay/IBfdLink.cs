using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>What a <see cref="BfdTable"/> has done for its sessions.</summary>
internal interface IBfdLink
{
    /// <summary>Sends a control packet to a VTEP.</summary>
    void Send(BfdPeer peer, in BfdPacket packet);

    /// <summary>Is told that a session came into another state.</summary>
    /// <param name="peer">Whose session it is.</param>
    /// <param name="before">The state that it was in.</param>
    void Changed(BfdPeer peer, BfdState before);
}
