using System.Runtime.CompilerServices;
using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>All that a <see cref="UnifiedAction"/> is made of: equal recipes share one action.</summary>
internal struct UnifiedRecipe : IEquatable<UnifiedRecipe>
{
    /// <summary>Most layers whose rules are remembered.</summary>
    public const int MaxRules = 12;

    public int Ingress;
    public int Egress;
    public UnifiedSteps Steps;
    public MacAddress Destination;
    public MacAddress Source;
    public byte TrafficClass;
    public byte Hops;
    public TunnelTemplate? Push;
    public bool OuterMayFragment;
    public int RuleCount;
    public RuleList Rules;

    public readonly bool Equals(UnifiedRecipe other) =>
        Ingress == other.Ingress
        && Egress == other.Egress
        && Steps == other.Steps
        && Destination == other.Destination
        && Source == other.Source
        && TrafficClass == other.TrafficClass
        && Hops == other.Hops
        && Push == other.Push
        && OuterMayFragment == other.OuterMayFragment
        && RuleCount == other.RuleCount
        && ((ReadOnlySpan<BoundRule?>)Rules)[..RuleCount].SequenceEqual(
            ((ReadOnlySpan<BoundRule?>)other.Rules)[..RuleCount]);

    public override readonly bool Equals(object? obj) => obj is UnifiedRecipe other && Equals(other);

    public override readonly int GetHashCode() =>
        HashCode.Combine(Ingress, Egress, Steps, Destination, Source, Push, TrafficClass);

    /// <summary>The rules that decided, whose counters count the packets.</summary>
    [InlineArray(MaxRules)]
    public struct RuleList
    {
        private BoundRule? _first;
    }
}
