namespace VxlanEngine.Policy;

/// <summary>A rule with its place in the policy.</summary>
public sealed class BoundRule
{
    /// <summary>Binds a rule to its place.</summary>
    public BoundRule(Layer layer, Group group, Rule rule)
        : this(layer, group, rule, $"{layer.Name}/{group.Name}/{rule.Id}", new RuleCounter())
    {
    }

    private BoundRule(Layer layer, Group group, Rule rule, string id, RuleCounter counter)
    {
        Layer = layer;
        Group = group;
        Rule = rule;
        Id = id;
        Counter = counter;
        IsStateful = rule.Action switch
        {
            RuleAction.Block => false,
            RuleAction.DynamicNat or RuleAction.LoadBalance => true,
            RuleAction.Nat => rule.Stateful ?? true,
            _ => rule.Stateful ?? layer.Stateful,
        };
    }

    /// <summary>The layer it stands in.</summary>
    public Layer Layer { get; }

    /// <summary>The group it stands in.</summary>
    public Group Group { get; }

    /// <summary>The rule.</summary>
    public Rule Rule { get; }

    /// <summary><c>layer/group/rule</c>.</summary>
    public string Id { get; }

    /// <summary>
    /// Whether a match makes a flow pair: as the rule or its layer says; translations do unless the rule says no.
    /// </summary>
    public bool IsStateful { get; }

    /// <summary>Counts what the rule decided; rules of later policies with the same id go on counting in it.</summary>
    public RuleCounter Counter { get; set; }

    /// <summary>The rule in a later version of its layer and group, of the same names: it goes on counting.</summary>
    internal BoundRule Rebind(Layer layer, Group group) => new(layer, group, Rule, Id, Counter);

    /// <summary><c>layer/group/rule</c>.</summary>
    public override string ToString() => Id;
}
