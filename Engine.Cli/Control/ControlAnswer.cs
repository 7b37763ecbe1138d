namespace VxlanEngine.Cli.Control;

/// <summary>The first line of what a running switch answers; traces and captures go on behind it.</summary>
internal sealed record ControlAnswer
{
    /// <summary>Why there is no answer; null when there is one.</summary>
    public string? Error { get; init; }

    /// <summary>The answer to <see cref="ControlRequest.Status"/>.</summary>
    public SwitchStatus? Status { get; init; }

    /// <summary>The answer to <see cref="ControlRequest.Flows"/>.</summary>
    public IReadOnlyList<FlowStatus>? Flows { get; init; }

    /// <summary>The answer to <see cref="ControlRequest.Stations"/>.</summary>
    public IReadOnlyList<StationStatus>? Stations { get; init; }
}
