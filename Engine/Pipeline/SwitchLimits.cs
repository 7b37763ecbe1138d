using VxlanEngine.Flows;

namespace VxlanEngine.Pipeline;

/// <summary>How much state a switch keeps, and for how long.</summary>
public sealed record SwitchLimits
{
    /// <summary>
    /// Most flow pairs; at the limit the oldest half-open one goes first. Default 131 072, about 30 MB.
    /// </summary>
    public int FlowPairs { get; init; } = 1 << 17;

    /// <summary>Most fragmented datagrams that are followed at a time. Default 65 536.</summary>
    public int Datagrams { get; init; } = 1 << 16;

    /// <summary>How long after its first fragment a datagram is followed. Default 30 s.</summary>
    public TimeSpan DatagramTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Idle times after which flows end.</summary>
    public FlowTimeouts FlowTimeouts { get; init; } = new();

    /// <summary>
    /// Key of all flow hashes: source ports, NAT ports and backends follow from it. Default 0, the same on every run.
    /// </summary>
    /// <remarks>A live switch wants a random one, so that nobody can choose colliding flows.</remarks>
    public ulong HashKey { get; init; }
}
