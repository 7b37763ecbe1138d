namespace VxlanEngine.Policy;

/// <summary>Conditions and one action.</summary>
public sealed record Rule
{
    /// <summary>Name, unique in its group; reported as <c>layer/group/rule</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The lower number wins.</summary>
    public int Priority { get; init; } = Group.DefaultPriority;

    /// <summary>The conditions.</summary>
    public Match Match { get; init; } = Match.Any;

    /// <summary>What happens to packets that meet them.</summary>
    public required RuleAction Action { get; init; }

    /// <summary>Whether a match ends the visit of the layer's groups.</summary>
    public bool Terminating { get; init; }

    /// <summary>Whether a match makes a flow pair; null means as the layer says. A block never does.</summary>
    public bool? Stateful { get; init; }

    /// <summary>Idle time after which the flows of this rule end; null means the protocol's default.</summary>
    public TimeSpan? IdleTimeout { get; init; }
}
