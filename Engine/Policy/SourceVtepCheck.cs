namespace VxlanEngine.Policy;

/// <summary>Which outer source addresses a network accepts.</summary>
public enum SourceVtepCheck : byte
{
    /// <summary>Any VTEP that the network knows: of its endpoints, routes and flood list.</summary>
    Loose,

    /// <summary>Only the VTEP that the mapping of the inner source address or MAC address names.</summary>
    Strict,

    /// <summary>Any address, and behind it even stations that are endpoints here.</summary>
    Off,
}
