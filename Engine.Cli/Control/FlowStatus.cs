using VxlanEngine.Pipeline;

namespace VxlanEngine.Cli.Control;

/// <summary>A connection of a running switch.</summary>
internal sealed record FlowStatus
{
    public required string Port { get; init; }

    public required string Direction { get; init; }

    public uint? Vni { get; init; }

    public required string Forward { get; init; }

    public required string Reverse { get; init; }

    public required bool Established { get; init; }

    public required long ForwardPackets { get; init; }

    public required long ReversePackets { get; init; }

    public required double IdleSeconds { get; init; }

    public required IReadOnlyList<string> Rules { get; init; }

    public static FlowStatus Of(FlowSummary flow) => new()
    {
        Port = flow.Port,
        Direction = flow.Direction.ToString().ToLowerInvariant(),
        Vni = flow.Vni,
        Forward = flow.Forward.ToString(),
        Reverse = flow.Reverse.ToString(),
        Established = flow.IsEstablished,
        ForwardPackets = flow.ForwardPackets,
        ReversePackets = flow.ReversePackets,
        IdleSeconds = Math.Round(flow.Idle.TotalSeconds, 3),
        Rules = flow.Rules,
    };
}
