using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>A rule's action: a word, or an object with one key that names it.</summary>
internal sealed class ActionCodec : Codec<RuleAction>
{
    private static readonly (string Word, RuleAction Action)[] Words =
    [
        ("allow", new RuleAction.Allow()),
        ("block", new RuleAction.Block()),
        ("decap", new RuleAction.Decap()),
        ("hairpin", new RuleAction.Redirect()),
    ];

    private static readonly Dictionary<string, Func<JsonItem, ReadErrors, RuleAction>> Objects =
        new(StringComparer.Ordinal)
        {
            ["nat"] = ActionShapes.Nat.Read,
            ["dynamicNat"] = ActionShapes.DynamicNat.Read,
            ["loadBalance"] = ActionShapes.LoadBalance.Read,
            ["encap"] = ActionShapes.Encap.Read,
            ["decap"] = ActionShapes.Decap.Read,
            ["modify"] = ActionShapes.Modify.Read,
            ["redirect"] = ActionShapes.Redirect.Read,
            ["mirror"] = ActionShapes.Mirror.Read,
            ["meter"] = ActionShapes.Meter.Read,
            ["rateLimit"] = ActionShapes.RateLimit.Read,
        };

    /// <summary>The actions that are a word.</summary>
    public static IEnumerable<string> WordNames => Words.Select(pair => pair.Word);

    /// <summary>The actions that are an object's only key.</summary>
    public static IReadOnlyCollection<string> ObjectNames => Objects.Keys;

    public override RuleAction Placeholder => Words[0].Action;

    public override RuleAction Read(JsonItem item, ReadErrors errors)
    {
        if (item.Kind == JsonValueKind.Object)
        {
            return ReadObject(item, errors);
        }

        foreach ((string word, RuleAction action) in Words)
        {
            if (item.Kind == JsonValueKind.String && item.Text == word)
            {
                return action;
            }
        }

        string remedy = item.Kind == JsonValueKind.String && Objects.ContainsKey(item.Text)
            ? $"; \"{item.Text}\" is an object: {{\"{item.Text}\": {{…}}}}"
            : $", or an object with one of {ReadErrors.Words(Objects.Keys)}";
        errors.Expected(item, $"an action: {ReadErrors.Words(WordNames)}{remedy}");
        return Placeholder;
    }

    public override JsonItem Write(RuleAction value) => value switch
    {
        RuleAction.Allow => JsonItem.String("allow"),
        RuleAction.Block => JsonItem.String("block"),
        RuleAction.Decap { Port: null } => JsonItem.String("decap"),
        RuleAction.Redirect { Port: null } => JsonItem.String("hairpin"),
        RuleAction.Nat nat => Wrap("nat", ActionShapes.Nat.Write(nat)),
        RuleAction.DynamicNat nat => Wrap("dynamicNat", ActionShapes.DynamicNat.Write(nat)),
        RuleAction.LoadBalance balance => Wrap("loadBalance", ActionShapes.LoadBalance.Write(balance)),
        RuleAction.Encap encap => Wrap("encap", ActionShapes.Encap.Write(encap)),
        RuleAction.Decap decap => Wrap("decap", ActionShapes.Decap.Write(decap)),
        RuleAction.Modify modify => Wrap("modify", ActionShapes.Modify.Write(modify)),
        RuleAction.Redirect redirect => Wrap("redirect", ActionShapes.Redirect.Write(redirect)),
        RuleAction.Mirror mirror => Wrap("mirror", ActionShapes.Mirror.Write(mirror)),
        RuleAction.Meter meter => Wrap("meter", ActionShapes.Meter.Write(meter)),
        RuleAction.RateLimit limit => Wrap("rateLimit", ActionShapes.RateLimit.Write(limit)),
        _ => throw new ArgumentException($"{value.GetType().Name} is no known action.", nameof(value)),
    };

    private static JsonItem Wrap(string key, JsonItem value)
    {
        JsonItem item = JsonItem.Object();
        item.Append(key, value);
        return item;
    }

    private RuleAction ReadObject(JsonItem item, ReadErrors errors)
    {
        RuleAction? action = null;
        foreach (JsonItem member in item.Children)
        {
            if (!Objects.TryGetValue(member.Key!, out Func<JsonItem, ReadErrors, RuleAction>? read))
            {
                errors.UnknownKey(item, member, Objects.Keys);
                continue;
            }

            RuleAction found = read(member, errors);
            if (action is not null)
            {
                errors.Add(member, $"A rule has one action, found \"{member.Key}\" as another one.");
            }

            action ??= found;
        }

        if (item.Children.Count == 0)
        {
            errors.Add(item, $"Expected an action, one of {ReadErrors.Words(Objects.Keys)}; found an empty object.");
        }

        return action ?? Placeholder;
    }
}
