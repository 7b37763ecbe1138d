namespace VxlanEngine.Policy;

/// <summary>Everything a switch is told: its ports, networks, neighbours, address sets and layers of rules.</summary>
/// <remarks>
/// Immutable and compared by value. It may hold mistakes: <see cref="PolicyValidator"/> finds them all, and whatever
/// takes a policy into use validates it first.
/// </remarks>
public sealed record SwitchPolicy
{
    /// <summary>Where frames enter and leave.</summary>
    public ValueArray<Port> Ports { get; init; }

    /// <summary>The overlay networks, each with its VNI and mapping space.</summary>
    public ValueArray<Network> Networks { get; init; }

    /// <summary>Link-layer addresses of next hops on the underlay.</summary>
    public ValueArray<Neighbor> Neighbors { get; init; }

    /// <summary>Named sets of addresses that matches refer to.</summary>
    public ValueArray<AddressSet> AddressSets { get; init; }

    /// <summary>The layers of rules.</summary>
    public ValueArray<Layer> Layers { get; init; }
}
