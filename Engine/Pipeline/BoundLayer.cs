using VxlanEngine.Classification;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>A layer with its classifier, shared by the ports it is bound to.</summary>
internal sealed class BoundLayer
{
    private readonly LayerRules _rules;

    /// <summary>Makes a layer ready for packets.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="sets">The policy's address sets.</param>
    /// <param name="kind">How rules are looked up.</param>
    /// <param name="older">An older version of the layer, which saves the work of what did not change.</param>
    public BoundLayer(Layer layer, ValueArray<AddressSet> sets, ClassifierKind kind, BoundLayer? older)
    {
        _rules = new LayerRules(layer, sets, older?._rules);
        Layer = layer;
        Oracle = new LinearClassifier(_rules);
        Classifier = kind == ClassifierKind.Linear
            ? Oracle
            : new CompiledClassifier(_rules, older?.Classifier as CompiledClassifier);
    }

    public Layer Layer { get; }

    /// <summary>Decides about packets.</summary>
    public IClassifier Classifier { get; }

    /// <summary>Decides the same, and can say why.</summary>
    public LinearClassifier Oracle { get; }
}
