namespace VxlanEngine.Policy;

/// <summary>One controller's table of rules, shared by the ports it is bound to.</summary>
/// <remarks>
/// Packets cross the layers of a port in ascending priority on the way out and in descending priority on the way in,
/// so that each layer is a boundary between two address spaces.
/// </remarks>
public sealed record Layer
{
    /// <summary>Name, unique in the policy.</summary>
    public required string Name { get; init; }

    /// <summary>Names of the ports that the layer is bound to.</summary>
    public ValueArray<string> Ports { get; init; }

    /// <summary>Place in the order of layers; unique among the layers of a port.</summary>
    public required int Priority { get; init; }

    /// <summary>Whether its rules make flow state unless they say otherwise.</summary>
    public bool Stateful { get; init; }

    /// <summary>What happens to packets that no rule matches.</summary>
    public required DefaultAction Default { get; init; }

    /// <summary>The groups of rules.</summary>
    public ValueArray<Group> Groups { get; init; }
}
