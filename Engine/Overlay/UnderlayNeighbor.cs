using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>A next hop that the policy does not name.</summary>
internal sealed class UnderlayNeighbor(int port, IpAddress address, bool isHost)
{
    /// <summary>Index of the uplink that reaches it.</summary>
    public int Port => port;

    /// <summary>Its address.</summary>
    public IpAddress Address => address;

    /// <summary>Whether the machine resolves it, not the engine itself.</summary>
    public bool IsHost => isHost;

    /// <summary>The uplink's own address that asks for it.</summary>
    public IpAddress Local { get; internal set; }

    /// <summary>Its MAC address; zero while none is known.</summary>
    public MacAddress Mac { get; internal set; }

    /// <summary>How much is known.</summary>
    public NeighborState State { get; internal set; }

    /// <summary>True while packets take another next hop because this one has not answered.</summary>
    internal bool IsAvoided { get; set; }

    /// <summary>When something is to be done next.</summary>
    internal long DueNs { get; set; }

    /// <summary>When a neighbour that failed may be asked for again.</summary>
    internal long AgainNs { get; set; }

    /// <summary>Requests since it was last begun to ask.</summary>
    internal int Tries { get; set; }

    /// <summary>Times in a row that it did not answer.</summary>
    internal int Failures { get; set; }

    /// <summary>Frames for it, the oldest first.</summary>
    internal Queue<WaitingFrame> Waiting { get; } = new(NeighborTable.MaxWaiting);
}
