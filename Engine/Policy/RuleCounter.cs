namespace VxlanEngine.Policy;

/// <summary>What a rule has decided so far. Thread: the worker's.</summary>
public sealed class RuleCounter
{
    /// <summary>Packets that the rule, or a flow it made, decided.</summary>
    public long Packets { get; set; }
}
