using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Classification;

/// <summary>Finds the rule of a layer in tables made beforehand; the answer is that of the oracle.</summary>
/// <remarks>
/// A rule's conditions, and those of its group, become sets of numbers (<see cref="RuleConditions"/>), which are cut
/// into boxes (<see cref="RuleBox{T}"/>). A box's first packets find it by prefix (<see cref="RuleIndex{T}"/>).
/// </remarks>
public sealed class CompiledClassifier : IClassifier
{
    private readonly LayerRules _rules;
    private readonly AddressSpaces _spaces;
    private readonly DirectionRules _outbound;
    private readonly DirectionRules _inbound;

    /// <summary>Compiles one layer.</summary>
    /// <param name="layer">The layer, of a valid policy.</param>
    /// <param name="sets">The policy's address sets.</param>
    public CompiledClassifier(Layer layer, ValueArray<AddressSet> sets)
        : this(new LayerRules(layer, sets), null)
    {
    }

    /// <summary>Compiles one layer, as far as it differs from an older version.</summary>
    internal CompiledClassifier(LayerRules rules, CompiledClassifier? older)
    {
        _rules = rules;
        bool isSameSets = older is not null && older._rules.Sets == rules.Sets;
        _spaces = isSameSets ? older!._spaces : new AddressSpaces(rules.Sets);
        HashSet<string> changedSets = isSameSets || older is null ? [] : _spaces.ChangedSince(older._spaces);
        var difference = new RuleDifference(changedSets);
        _outbound = new DirectionRules(Direction.Out, rules, _spaces, older?._outbound, difference);
        _inbound = new DirectionRules(Direction.In, rules, _spaces, older?._inbound, difference);
    }

    /// <inheritdoc/>
    public IEnumerable<BoundRule> Rules => _rules.Rules.SelectMany(r => r);

    /// <summary>Bytes of the tables: not the rules themselves, nor the sets of rules with long lists.</summary>
    public long MemoryBytes => _outbound.MemoryBytes + _inbound.MemoryBytes;

    /// <inheritdoc/>
    public BoundRule? Classify(Direction direction, in PacketFacts facts) =>
        (direction == Direction.Out ? _outbound : _inbound).Classify(facts);

    /// <summary>Compiles another version of the layer; what did not change is taken from this one.</summary>
    /// <param name="layer">The layer, of a valid policy.</param>
    /// <param name="sets">The policy's address sets.</param>
    /// <remarks>This classifier stays as it is; rules that are in both go on counting in the same counters.</remarks>
    public CompiledClassifier Update(Layer layer, ValueArray<AddressSet> sets) =>
        new(new LayerRules(layer, sets, _rules), this);
}
