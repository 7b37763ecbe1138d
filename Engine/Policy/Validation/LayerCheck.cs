namespace VxlanEngine.Policy.Validation;

/// <summary>Checks the layers, their groups and rules.</summary>
internal sealed class LayerCheck(PolicyIndex index, Findings findings)
{
    private readonly MatchCheck _matches = new(index, findings);
    private readonly ActionCheck _actions = new(index, findings);

    public void Run()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var places = new Dictionary<(string Port, int Priority), string>();
        for (int i = 0; i < index.Policy.Layers.Count; i++)
        {
            Layer layer = index.Policy.Layers[i];
            string path = $"$.layers[{i}]";
            findings.Name($"{path}.name", layer.Name, "layer", names);
            Priority(path, layer.Priority);
            Ports(path, layer);
            Places(path, layer, places);
            Groups(path, layer);
        }
    }

    private void Ports(string path, Layer layer)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < layer.Ports.Count; i++)
        {
            string name = layer.Ports[i];
            if (!index.Ports.ContainsKey(name))
            {
                findings.Dangling($"{path}.ports[{i}]", "port", name, index.Ports.Keys);
            }
            else if (!seen.Add(name))
            {
                findings.Add($"{path}.ports[{i}]", $"The layer is bound to port \"{name}\" already.");
            }
        }
    }

    private void Places(string path, Layer layer, Dictionary<(string Port, int Priority), string> places)
    {
        foreach (string port in layer.Ports.Distinct(StringComparer.Ordinal))
        {
            if (!places.TryAdd((port, layer.Priority), layer.Name))
            {
                string other = places[(port, layer.Priority)];
                findings.Add(
                    $"{path}.priority",
                    $"Layer \"{other}\" has priority {layer.Priority} on port \"{port}\" already.");
                return;
            }
        }
    }

    private void Groups(string layerPath, Layer layer)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var scope = new RuleScope(layer, index);
        for (int i = 0; i < layer.Groups.Count; i++)
        {
            Group group = layer.Groups[i];
            string path = $"{layerPath}.groups[{i}]";
            findings.Name($"{path}.name", group.Name, "group", names);
            Priority(path, group.Priority);
            Rules(path, group, scope, _matches.Condition($"{path}.condition", group));
        }
    }

    private void Rules(string groupPath, Group group, RuleScope scope, Families families)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < group.Rules.Count; i++)
        {
            Rule rule = group.Rules[i];
            string path = $"{groupPath}.rules[{i}]";
            findings.Name($"{path}.id", rule.Id, "rule", ids);
            Priority(path, rule.Priority);
            if (rule.IdleTimeout <= TimeSpan.Zero)
            {
                findings.Add($"{path}.idleTimeout", "Expected a time above 0.");
            }

            Families matched = _matches.Run($"{path}.match", rule.Match, group.Direction, scope, families);
            _actions.Run($"{path}.action", rule.Action, group.Direction, scope, matched);
        }
    }

    private void Priority(string path, int priority)
    {
        if (priority < 0)
        {
            findings.Add($"{path}.priority", $"Expected a priority of 0 or more, found {priority}.");
        }
    }
}
