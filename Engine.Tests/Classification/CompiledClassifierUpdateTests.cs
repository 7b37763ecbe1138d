using System.Diagnostics;
using VxlanEngine.Classification;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Classification;

/// <summary>A classifier that was changed rule by rule is the one that a fresh compilation makes.</summary>
public sealed class CompiledClassifierUpdateTests
{
    [Fact]
    public void After_any_changes_it_decides_as_the_oracle_does()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var choice = new Random(seed);
            var random = new RandomLayer(choice);
            Layer layer = random.Layer(100);
            var compiled = new CompiledClassifier(layer, random.Sets.ToValueArray());
            for (int step = 0; step < 15; step++)
            {
                layer = Changed(layer, random, choice, step);
                compiled = compiled.Update(layer, random.Sets.ToValueArray());
                var oracle = new LinearClassifier(layer, random.Sets.ToValueArray());
                for (int i = 0; i < 50; i++)
                {
                    PacketFacts packet = random.Packet();
                    Direction direction = i % 4 == 0 ? Direction.In : Direction.Out;
                    BoundRule? actual = compiled.Classify(direction, packet);
                    Assert.Equal(oracle.Classify(direction, packet)?.Id, actual?.Id);
                    Assert.True(actual is null || ReferenceEquals(actual.Layer, layer), "A rule of an older layer.");
                }
            }
        }
    }

    [Fact]
    public void A_large_set_whose_rules_all_change_one_by_one()
    {
        FilterSet set = FilterSet.Make(FilterKind.Firewall, 400);
        FilterSet other = FilterSet.Make(FilterKind.Firewall, 400, seed: 2);
        Rule[] rules = [.. set.Layer.Groups[0].Rules];
        var compiled = new CompiledClassifier(set.Layer, []);
        Layer layer = set.Layer;
        for (int i = 0; i < rules.Length; i++)
        {
            rules[i] = other.Layer.Groups[0].Rules[i];
            layer = With(set.Layer, rules);
            compiled = compiled.Update(layer, []);
        }

        var oracle = new LinearClassifier(layer, []);
        var fresh = new CompiledClassifier(layer, []);
        Assert.All(other.Packets(2_000), packet => Assert.Equal(
            oracle.Classify(Direction.Out, packet)?.Id, compiled.Classify(Direction.Out, packet)?.Id));
        Assert.InRange(compiled.MemoryBytes, fresh.MemoryBytes / 2, fresh.MemoryBytes * 3);
    }

    [Fact]
    public void Rules_that_stay_go_on_counting_and_the_older_classifier_stays_as_it_was()
    {
        Group group = Out(Rule("a", Allow, Tcp(80)), Rule("b", Allow, Tcp(81)));
        Layer layer = On("p", "l", 1, group);
        var older = new CompiledClassifier(layer, []);
        PacketFacts packet = Sample.Tcp(to: 81).Facts();
        BoundRule before = older.Classify(Direction.Out, packet)!;
        before.Counter.Packets = 5;

        Layer changed = layer with { Groups = [group with { Rules = [Rule("c", Block, Tcp(80)), group.Rules[1]] }] };
        CompiledClassifier newer = older.Update(changed, []);

        BoundRule after = newer.Classify(Direction.Out, packet)!;
        Assert.Equal("l/out/b", after.Id);
        Assert.Equal(5, after.Counter.Packets);
        Assert.Same(changed, after.Layer);
        Assert.Same(changed.Groups[0], after.Group);
        Assert.Same(before, older.Classify(Direction.Out, packet));
        Assert.Equal("l/out/a", older.Classify(Direction.Out, Sample.Tcp(to: 80).Facts())?.Id);
        Assert.Equal("l/out/c", newer.Classify(Direction.Out, Sample.Tcp(to: 80).Facts())?.Id);
    }

    [Fact]
    public void A_rule_becomes_stateful_with_its_layer()
    {
        Layer layer = On("p", "l", 1, Out(Rule("a", Allow)));
        var older = new CompiledClassifier(layer, []);

        CompiledClassifier newer = older.Update(layer.Stateful(), []);

        Assert.False(Assert.Single(older.Rules).IsStateful);
        Assert.True(Assert.Single(newer.Rules).IsStateful);
    }

    [Fact]
    public void A_set_that_changes_changes_the_rules_that_name_it_directly_or_not()
    {
        Layer layer = On("p", "l", 1, Out(
            Rule("direct", Allow, new Match { Source = "@near", DestinationPorts = 80 }),
            Rule("nested", Allow, new Match { Source = "@all", DestinationPorts = 81 })));
        var compiled = new CompiledClassifier(layer, Sets("10.0.0.0/24"));
        Assert.NotNull(Decide(compiled, 80));
        Assert.NotNull(Decide(compiled, 81));

        compiled = compiled.Update(layer, Sets("10.9.0.0/24"));

        Assert.Null(Decide(compiled, 80));
        Assert.Null(Decide(compiled, 81));

        static BoundRule? Decide(CompiledClassifier compiled, int port) =>
            compiled.Classify(Direction.Out, Sample.Tcp(to: port).Facts());

        static ValueArray<AddressSet> Sets(string near) =>
        [
            new AddressSet { Name = "near", Addresses = near },
            new AddressSet { Name = "all", Addresses = "@near,192.0.2.0/24" },
        ];
    }

    [Fact]
    public void Changing_one_rule_of_many_costs_a_fraction_of_compiling_them()
    {
        FilterSet set = FilterSet.Make(FilterKind.AccessList, 10_000);
        Rule[] rules = [.. set.Layer.Groups[0].Rules];
        rules[5_000] = set.AnotherRule("other", 5_000);
        Layer changed = With(set.Layer, rules);
        var compiled = new CompiledClassifier(set.Layer, []);
        compiled.Update(changed, []);

        TimeSpan fresh = Least(() => GC.KeepAlive(new CompiledClassifier(changed, [])));
        TimeSpan update = Least(() => GC.KeepAlive(compiled.Update(changed, [])));

        // Some twenty times less on a quiet machine.
        Assert.True(update < fresh / 3, $"An update took {update}, a compilation {fresh}.");
    }

    private static TimeSpan Least(Action action) => Enumerable.Range(0, 5).Min(_ =>
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start);
    });

    private static Layer With(Layer layer, Rule[] rules) =>
        layer with { Groups = [layer.Groups[0] with { Rules = rules.ToValueArray() }] };

    private static Layer Changed(Layer layer, RandomLayer random, Random choice, int step)
    {
        int number = choice.Next(layer.Groups.Count);
        Group group = layer.Groups[number];
        List<Rule> rules = [.. group.Rules];
        int at = choice.Next(rules.Count + 1);
        switch (choice.Next(8))
        {
            case 0:
                random.ChangeSet();
                break;
            case 1:
                group = group with { Family = null, Priority = choice.Next(3) };
                break;
            case 2 when at < rules.Count:
                rules[at] = random.Rule(rules[at].Id);
                break;
            case 3 when at < rules.Count:
                rules[at] = rules[at] with { Priority = choice.Next(4) };
                break;
            case 4 or 5 when at < rules.Count:
                rules.RemoveAt(at);
                break;
            default:
                rules.Insert(at, random.Rule($"new{step}"));
                break;
        }

        group = group with { Rules = rules.ToValueArray() };
        return layer with { Groups = layer.Groups.Select((g, i) => i == number ? group : g).ToValueArray() };
    }
}
