namespace VxlanEngine.Classification;

/// <summary>
/// What rules that ask for no address are found by: the first of these that they name few values of.
/// </summary>
internal enum LinkField
{
    None,
    DestinationMac,
    SourceMac,
    Vni,
    Vlan,
}
