using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>The rules of one direction in a layer: the unit that is replaced as a whole.</summary>
/// <remarks>
/// In a group the best match counts: the lowest priority number, at equal priority block before the other actions, then
/// the order given. Groups are visited in ascending priority; over the groups the last match wins, unless a
/// matching rule is terminating, which wins at once.
/// </remarks>
public sealed record Group
{
    /// <summary>Priority of rules and groups that state none.</summary>
    public const int DefaultPriority = 1000;

    /// <summary>Name, unique in the layer.</summary>
    public required string Name { get; init; }

    /// <summary>The direction whose packets visit the group.</summary>
    public required Direction Direction { get; init; }

    /// <summary>Place in the order of visits; groups of equal priority are visited in the order given.</summary>
    public int Priority { get; init; } = DefaultPriority;

    /// <summary>Only packets of this family visit the group; null for all.</summary>
    public IpFamily? Family { get; init; }

    /// <summary>Only packets of these protocols visit the group; empty for all.</summary>
    public ValueArray<IpProtocol> Protocols { get; init; }

    /// <summary>Only packets from these addresses visit the group.</summary>
    public AddressMatch Source { get; init; }

    /// <summary>Only packets to these addresses visit the group.</summary>
    public AddressMatch Destination { get; init; }

    /// <summary>The group's condition as a match; it holds for everything when there is none.</summary>
    public Match Condition => new()
    {
        Family = Family,
        Protocols = Protocols,
        Source = Source,
        Destination = Destination,
    };

    /// <summary>The rules.</summary>
    public ValueArray<Rule> Rules { get; init; }
}
