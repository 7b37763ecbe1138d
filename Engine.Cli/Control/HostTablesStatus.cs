namespace VxlanEngine.Cli.Control;

/// <summary>How an uplink of a running switch follows the machine's own routes and neighbours.</summary>
internal sealed record HostTablesStatus
{
    public required string Port { get; init; }

    /// <summary>The interface that the uplink stands on; null where it stands on none.</summary>
    public string? Interface { get; init; }

    /// <summary>The machine's routes that lead out of that interface.</summary>
    public required int Routes { get; init; }

    /// <summary>Why it does not follow them, or what it cannot do; null when all is well.</summary>
    public string? Fault { get; init; }

    public static HostTablesStatus Of(HostTablesSummary tables) => new()
    {
        Port = tables.Port,
        Interface = tables.Interface,
        Routes = tables.Routes,
        Fault = tables.Fault,
    };
}
