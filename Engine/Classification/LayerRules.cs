using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>The groups of a layer in the order of visits, and their rules with their places in the policy.</summary>
/// <remarks>What the classifiers of a layer share, so that all of them answer with the same rules.</remarks>
internal sealed class LayerRules
{
    /// <summary>Binds the rules of a layer.</summary>
    /// <param name="layer">The layer, of a valid policy.</param>
    /// <param name="sets">The policy's address sets.</param>
    /// <param name="older">
    /// An older version of the layer: rules that it has too keep their identity and counter, which also saves most of
    /// the work.
    /// </param>
    public LayerRules(Layer layer, ValueArray<AddressSet> sets, LayerRules? older = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        Layer = layer;
        Sets = sets;

        // Stable: groups of one priority keep the order given.
        Groups = [.. layer.Groups.OrderBy(g => g.Priority)];
        Rules = new BoundRule[Groups.Length][];
        bool isSameLayer = older is not null && string.Equals(older.Layer.Name, layer.Name, StringComparison.Ordinal);
        for (int i = 0; i < Groups.Length; i++)
        {
            Group group = Groups[i];
            int old = isSameLayer
                ? Array.FindIndex(older!.Groups, g => string.Equals(g.Name, group.Name, StringComparison.Ordinal))
                : -1;
            Rules[i] = old < 0
                ? [.. group.Rules.Select(r => new BoundRule(layer, group, r))]
                : Rebind(group, older!.Rules[old]);
        }
    }

    public Layer Layer { get; }

    public ValueArray<AddressSet> Sets { get; }

    /// <summary>The groups of both directions in the order of visits.</summary>
    public Group[] Groups { get; }

    /// <summary>For each group its rules, as given.</summary>
    public BoundRule[][] Rules { get; }

    private BoundRule[] Rebind(Group group, BoundRule[] older)
    {
        Rule[] written = [.. group.Rules.AsSpan()];
        int[] olds = Alignment.Of(
            older,
            written,
            (old, rule) => ReferenceEquals(old.Rule, rule) || old.Rule == rule,
            old => old.Rule.Id,
            rule => rule.Id,
            EqualityComparer<object>.Default);
        var rules = new BoundRule[written.Length];
        for (int i = 0; i < rules.Length; i++)
        {
            rules[i] = olds[i] < 0 ? new BoundRule(Layer, group, written[i]) : older[olds[i]].Rebind(Layer, group);
        }

        return rules;
    }
}
