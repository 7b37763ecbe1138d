using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>Watches packets cross layers; for tracing.</summary>
internal interface ILayerObserver
{
    /// <summary>A layer has decided, and has not yet acted.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="facts">What its rules saw.</param>
    /// <param name="decision">What it decided.</param>
    void OnLayer(BoundLayer layer, in PacketFacts facts, in LayerDecision decision);
}
