using VxlanEngine.Pipeline;

namespace VxlanEngine.Cli.Control;

/// <summary>A station that a running switch has learnt.</summary>
internal sealed record StationStatus
{
    public required string Network { get; init; }

    public required string Mac { get; init; }

    /// <summary>The endpoint port it is behind; null for a remote one.</summary>
    public string? Port { get; init; }

    /// <summary>The VTEP it is behind; null for a local one.</summary>
    public string? Vtep { get; init; }

    /// <summary>Seconds since its last frame, to a quarter of the network's age.</summary>
    public required double SilentSeconds { get; init; }

    public static StationStatus Of(LearntStation station) => new()
    {
        Network = station.Network,
        Mac = station.Mac.ToString(),
        Port = station.Port,
        Vtep = station.Vtep?.ToString(),
        SilentSeconds = Math.Round(station.Silent.TotalSeconds, 3),
    };
}
