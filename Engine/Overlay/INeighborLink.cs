using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>What a <see cref="NeighborTable"/> has done on the link.</summary>
internal interface INeighborLink
{
    /// <summary>Sends one request: to the neighbour alone where its MAC address is known, else to all.</summary>
    void Ask(UnderlayNeighbor neighbor);

    /// <summary>Sends a frame that has waited.</summary>
    void Send(in WaitingFrame frame, MacAddress nextHop);

    /// <summary>Drops a frame that has waited in vain.</summary>
    void Drop(in WaitingFrame frame);
}
