using VxlanEngine.Classification;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>A layer with its classifier, shared by the ports it is bound to.</summary>
internal sealed class BoundLayer(Layer layer, LinearClassifier classifier)
{
    public Layer Layer { get; } = layer;

    public LinearClassifier Classifier { get; } = classifier;
}
