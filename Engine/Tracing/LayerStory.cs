namespace VxlanEngine.Tracing;

/// <summary>How a layer decided.</summary>
/// <param name="Port">Name of the port whose layer it is.</param>
/// <param name="Layer">The layer's name.</param>
/// <param name="Direction"><c>out</c> or <c>in</c>.</param>
/// <param name="Source"><c>rule</c>, <c>flow</c> or <c>default</c>.</param>
/// <param name="Rule"><c>layer/group/rule</c>; null for the default.</param>
/// <param name="Match">The rule's conditions in words; null for the default.</param>
/// <param name="Action">The rule's action, or the default's, in words.</param>
/// <param name="Packet">The packet as the layer saw it.</param>
/// <param name="Groups">What each group had to say; empty when the flow's state decided.</param>
public sealed record LayerStory(
    string Port,
    string Layer,
    string Direction,
    string Source,
    string? Rule,
    string? Match,
    string Action,
    string Packet,
    IReadOnlyList<GroupStory> Groups);
