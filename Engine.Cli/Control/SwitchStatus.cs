namespace VxlanEngine.Cli.Control;

/// <summary>A running switch at one moment.</summary>
internal sealed record SwitchStatus
{
    /// <summary>Seconds since it was started.</summary>
    public required double UptimeSeconds { get; init; }

    /// <summary>The policy's file.</summary>
    public required string Policy { get; init; }

    /// <summary>Number of the policy in force.</summary>
    public required uint Generation { get; init; }

    public required IReadOnlyList<PortStatus> Ports { get; init; }

    public required IReadOnlyList<WorkerStatus> Workers { get; init; }

    /// <summary>BFD sessions, by the order of their VTEPs.</summary>
    public required IReadOnlyList<BfdStatus> Bfd { get; init; }

    /// <summary>Uplinks that follow the machine's own routes and neighbours.</summary>
    public required IReadOnlyList<HostTablesStatus> HostTables { get; init; }

    /// <summary>Packets by the reason they were dropped for, without those that never occurred.</summary>
    public required IReadOnlyDictionary<string, long> Dropped { get; init; }

    /// <summary>Packets by <c>layer/group/rule</c>, in the policy's order.</summary>
    public required IReadOnlyDictionary<string, long> Rules { get; init; }

    public required PacketTotals Totals { get; init; }

    /// <summary>What networks have learnt, by name; those that never did are left out.</summary>
    public required IReadOnlyDictionary<string, LearningStatus> Learning { get; init; }
}
