using VxlanEngine.Flows;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>A connection that a switch keeps state of, at one port, at one moment.</summary>
public sealed record FlowSummary
{
    /// <summary>The port whose layers the connection crosses.</summary>
    public required string Port { get; init; }

    /// <summary>Which way its first packet ran.</summary>
    public required Direction Direction { get; init; }

    /// <summary>VNI of its packets at an uplink; null at other ports, which imply the network.</summary>
    public uint? Vni { get; init; }

    /// <summary>The first packet's tuple, as it came to the port's first layer.</summary>
    public required FlowTuple Forward { get; init; }

    /// <summary>The tuple of answers, as they come; not the first one turned round where a layer translates.</summary>
    public required FlowTuple Reverse { get; init; }

    /// <summary>True when both sides were heard, and neither has ended it.</summary>
    public required bool IsEstablished { get; init; }

    /// <summary>Packets that ran like the first one.</summary>
    public required long ForwardPackets { get; init; }

    /// <summary>Packets that answered.</summary>
    public required long ReversePackets { get; init; }

    /// <summary>How long ago the last packet came.</summary>
    public required TimeSpan Idle { get; init; }

    /// <summary>The stateful rules that decided, as <c>layer/group/rule</c>, in the order of the layers.</summary>
    public required IReadOnlyList<string> Rules { get; init; }

    internal static FlowSummary Of(FlowPair pair, Func<int, string> portName, long nowNs)
    {
        FlowKey forward = pair.Forward;
        return new FlowSummary
        {
            Port = portName(forward.Port),
            Direction = forward.Direction,
            Vni = forward.Vni,
            Forward = forward.Tuple,
            Reverse = pair.Reverse.Tuple,
            IsEstablished = pair.IsEstablished,
            ForwardPackets = pair.ForwardPackets,
            ReversePackets = pair.ReversePackets,
            Idle = TimeSpan.FromMicroseconds(Math.Max(0, nowNs - pair.LastUsedNs) / 1000),
            Rules = [.. Enumerable.Range(0, pair.LayerCount).Select(i => pair.Layer(i).Rule.Id)],
        };
    }
}
