namespace VxlanEngine.Policy;

/// <summary>A named set of addresses that matches refer to as <c>@name</c>.</summary>
public sealed record AddressSet
{
    /// <summary>Name, unique among the sets.</summary>
    public required string Name { get; init; }

    /// <summary>The addresses: prefixes, ranges, and other sets; a set must not contain itself. None: nobody.</summary>
    public required AddressMatch Addresses { get; init; }
}
