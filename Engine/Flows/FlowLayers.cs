using System.Runtime.CompilerServices;
using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>
/// What the stateful layers of a port decided, but for addresses and ports: shared by many flow pairs.
/// </summary>
/// <remarks>In the order in which the first packet crossed the layers. Immutable.</remarks>
internal sealed class FlowLayers
{
    /// <summary>Takes the rules over from decisions.</summary>
    public FlowLayers(ReadOnlySpan<LayerFlowState> decisions)
    {
        Decisions = new SharedDecision[decisions.Length];
        for (int i = 0; i < decisions.Length; i++)
        {
            Decisions[i] = new SharedDecision(
                decisions[i].Rule, decisions[i].Translation is not null, decisions[i].HoldsBinding);
            IdleTimeout ??= decisions[i].Rule.Rule.IdleTimeout;
            TranslationCount += Decisions[i].HasTranslation ? 1 : 0;
        }

        Hash = HashOf(decisions);
    }

    /// <summary>The decisions.</summary>
    public SharedDecision[] Decisions { get; }

    /// <summary>How many of them translate.</summary>
    public int TranslationCount { get; }

    /// <summary>Idle time that the first rule with one of its own gives to live flows.</summary>
    public TimeSpan? IdleTimeout { get; }

    /// <summary>What <see cref="HashOf"/> says of the decisions.</summary>
    public int Hash { get; }

    /// <summary>A hash that is the same for decisions which are the same but for addresses and ports.</summary>
    public static int HashOf(ReadOnlySpan<LayerFlowState> decisions)
    {
        var hash = new HashCode();
        foreach (ref readonly LayerFlowState decision in decisions)
        {
            hash.Add(RuntimeHelpers.GetHashCode(decision.Rule));
            hash.Add(decision.HoldsBinding);
        }

        return hash.ToHashCode();
    }

    /// <summary>True when decisions are these but for addresses and ports.</summary>
    public bool Equals(ReadOnlySpan<LayerFlowState> decisions)
    {
        if (decisions.Length != Decisions.Length)
        {
            return false;
        }

        for (int i = 0; i < decisions.Length; i++)
        {
            ref readonly LayerFlowState decision = ref decisions[i];
            SharedDecision own = Decisions[i];
            if (own.Rule != decision.Rule
                || own.HasTranslation != (decision.Translation is not null)
                || own.HoldsBinding != decision.HoldsBinding)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>One layer's part.</summary>
    /// <param name="Rule">The rule.</param>
    /// <param name="HasTranslation">Whether it translates.</param>
    /// <param name="HoldsBinding">Whether the translation was taken from a pool.</param>
    public readonly record struct SharedDecision(BoundRule Rule, bool HasTranslation, bool HoldsBinding);
}
