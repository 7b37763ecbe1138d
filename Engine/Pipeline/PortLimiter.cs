using VxlanEngine.Flows;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>The rates of one port: of what enters there, and of the errors that are told to who is behind it.</summary>
/// <remarks>Outlives policies. Thread: the worker's.</remarks>
internal sealed class PortLimiter
{
    /// <summary>Frames that are replicated.</summary>
    public PacketRate Floods { get; } = new();

    /// <summary>ICMP packets.</summary>
    public PacketRate Icmp { get; } = new();

    /// <summary>ARP and neighbour discovery packets.</summary>
    public PacketRate Neighbors { get; } = new();

    /// <summary>Packets that belong to no known flow.</summary>
    public PacketRate NewFlows { get; } = new();

    /// <summary>ICMP errors that the switch makes.</summary>
    public PacketRate Errors { get; } = new();

    /// <summary>Takes a policy's rates over; null for a port that it does not name.</summary>
    /// <param name="port">The port.</param>
    /// <param name="workers">
    /// Number of workers, to whom the rate of errors is shared out: one a second each at least. Other rates are for one
    /// worker alone.
    /// </param>
    public void Adopt(Port? port, int workers)
    {
        PortRates rates = port?.Rates ?? PortRates.None;
        Floods.Adopt(rates.FloodsPerSecond);
        Icmp.Adopt(rates.IcmpPerSecond);
        Neighbors.Adopt(rates.NeighborsPerSecond);
        NewFlows.Adopt(rates.NewFlowsPerSecond);
        int errors = port?.IcmpErrorsPerSecond ?? 0;
        Errors.Adopt(errors == 0 ? 0 : Math.Max(1, errors / workers));
    }
}
