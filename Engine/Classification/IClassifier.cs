using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>Finds the rule of one layer that decides about a packet.</summary>
/// <remarks>Never changes, so any number of threads may ask it. Asking allocates, locks and throws nothing.</remarks>
public interface IClassifier
{
    /// <summary>All rules of the layer, in the order of groups and then as given.</summary>
    IEnumerable<BoundRule> Rules { get; }

    /// <summary>Finds the rule that decides.</summary>
    /// <returns>The rule, or null when none matches and the layer's default decides.</returns>
    BoundRule? Classify(Direction direction, in PacketFacts facts);
}
