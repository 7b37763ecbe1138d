using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

/// <summary>What a device takes with the <see cref="OffloadHeader"/> in front of a frame.</summary>
internal readonly record struct OffloadAbilities
{
    /// <summary>
    /// Bytes of the header: <see cref="OffloadHeader.Length"/>, or <see cref="OffloadHeader.TunnelLength"/> where it
    /// has words for tunnels.
    /// </summary>
    public int HeaderLength { get; init; }

    /// <summary>Whether it takes super-frames of UDP.</summary>
    public bool TakesUdp { get; init; }

    /// <summary>Whether datagrams of one flow are sent as one super-frame.</summary>
    public bool GathersUdp { get; init; }

    /// <summary>Bytes of the longest frame that is none: what a datagram must fit to be gathered.</summary>
    public int LongestFrame { get; init; }
}
