using VxlanEngine.Classification;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Classification;

/// <summary>Which of several matching rules decides.</summary>
public sealed class LinearClassifierTests
{
    [Fact]
    public void The_lower_priority_number_wins_wherever_the_rule_stands()
    {
        Assert.Equal("out/b", Decide(Out(Any("a", 20), Any("b", 10), Any("c", 30))));
        Assert.Equal("out/a", Decide(Out(Any("a", 999), Any("b"))));
        Assert.Equal("out/b", Decide(Out(Rule("a", Block), Any("b", 10))));
    }

    [Fact]
    public void At_equal_priority_block_comes_before_every_other_action()
    {
        Assert.Equal("out/b", Decide(Out(Rule("a", Allow), Rule("b", Block), Rule("c", Allow))));
        Assert.Equal("out/a", Decide(Out(Rule("a", Block), Rule("b", Allow), Rule("c", Block))));
        Assert.Equal("out/b", Decide(Out(Rule("a", Nat(source: "10.0.0.9")), Rule("b", Block))));
    }

    [Fact]
    public void At_equal_priority_the_order_given_decides_among_other_actions()
    {
        Assert.Equal("out/a", Decide(Out(Rule("a", Allow), Rule("b", Nat(source: "10.0.0.9")))));
        Assert.Equal("out/a", Decide(Out(Rule("a", Nat(source: "10.0.0.9")), Rule("b", Allow))));
    }

    [Fact]
    public void Rules_that_do_not_match_take_no_part()
    {
        Assert.Equal("out/c", Decide(Out(
            Rule("a", Block, Udp("53")) with { Priority = 1 },
            Rule("b", Allow, Tcp("81")) with { Priority = 1 },
            Rule("c", Allow))));
        Assert.Null(Decide(Out(Rule("a", Block, Udp("53")))));
        Assert.Null(Decide(Out()));
        Assert.Null(Decide());
    }

    [Fact]
    public void Over_groups_the_last_match_wins_in_the_order_of_their_priority()
    {
        Assert.Equal("late/x", Decide(Named("late", 20, Any("x")), Named("early", 10, Any("x", 1))));
        Assert.Equal("early/x", Decide(Named("late", 20, Rule("x", Block, Udp("53"))), Named("early", 10, Any("x"))));
        Assert.Equal("late/no", Decide(Named("early", 10, Any("x")), Named("late", 20, Rule("no", Block))));
        Assert.Equal("late/yes", Decide(Named("early", 10, Rule("no", Block)), Named("late", 20, Any("yes"))));
    }

    [Fact]
    public void Groups_of_equal_priority_are_visited_in_the_order_given()
    {
        Assert.Equal("b/x", Decide(Named("a", 10, Any("x")), Named("b", 10, Any("x"))));
        Assert.Equal("a/x", Decide(Named("b", 10, Any("x")), Named("a", 10, Any("x"))));
    }

    [Fact]
    public void A_terminating_rule_wins_at_once()
    {
        Assert.Equal("a/x", Decide(Named("a", 10, Terminating("x")), Named("b", 20, Rule("no", Block))));
        Assert.Equal("b/x", Decide(
            Named("a", 10, Rule("no", Block)), Named("b", 20, Terminating("x")), Named("c", 30, Any("x"))));
    }

    [Fact]
    public void A_terminating_rule_that_is_not_its_groups_best_ends_nothing()
    {
        Assert.Equal("b/x", Decide(Named("a", 10, Any("best", 1), Terminating("second")), Named("b", 20, Any("x"))));
    }

    [Fact]
    public void Groups_of_the_other_direction_are_passed_over()
    {
        Assert.Equal("out/x", Decide(Out(Any("x")), In(Rule("no", Block) with { Terminating = true })));
        Layer layer = On("a", "acl", 1, Out(Any("x")), In(Any("y")));
        Assert.Equal("acl/in/y", new LinearClassifier(layer, []).Classify(Direction.In, Sample.Tcp().Facts())?.Id);
    }

    [Fact]
    public void A_group_is_visited_only_by_the_packets_it_names()
    {
        Group any = Named("any", 10, Any("x"));
        Group v6 = Named("v6", 20, Any("x")) with { Family = IpFamily.V6 };
        Group udp = Named("udp", 30, Any("x")) with { Protocols = [IpProtocol.Udp, IpProtocol.Sctp] };
        Group from = Named("from", 40, Any("x")) with { Source = "10.9.0.0/16" };
        Group to = Named("to", 50, Any("x")) with { Destination = "!10.0.0.0/8" };
        Group[] groups = [any, v6, udp, from, to];

        Assert.Equal("any/x", Decide(Sample.Tcp(), groups));
        Assert.Equal("to/x", Decide(Sample.Tcp().Over6(), groups));
        Assert.Equal("v6/x", Decide(Sample.Tcp().Over6(), any, v6, udp, from));
        Assert.Equal("udp/x", Decide(Sample.Udp(), groups));
        Assert.Equal("from/x", Decide(Sample.Tcp() with { Source = "10.9.1.1" }, groups));
        Assert.Equal("to/x", Decide(Sample.Tcp() with { Destination = "11.0.0.1" }, groups));
        Assert.Equal("any/x", Decide(Sample.Link(0x88B5), groups));
    }

    [Fact]
    public void A_group_that_is_not_visited_does_not_terminate()
    {
        Group v6 = Named("v6", 10, Terminating("x")) with { Family = IpFamily.V6 };

        Assert.Equal("last/x", Decide(Sample.Tcp(), v6, Named("last", 20, Any("x"))));
    }

    [Fact]
    public void A_rule_is_named_by_its_layer_its_group_and_itself()
    {
        var classifier = new LinearClassifier(On("a", "acl", 1, Out(Any("x"))), []);

        Assert.Equal("acl/out/x", classifier.Classify(Direction.Out, Sample.Tcp().Facts())?.Id);
    }

    private static Rule Any(string id, int priority = Group.DefaultPriority) =>
        Rule(id, Allow) with { Priority = priority };

    private static Rule Terminating(string id) => Any(id) with { Terminating = true };

    private static Group Named(string name, int priority, params Rule[] rules) =>
        Out(name, rules) with { Priority = priority };

    private static string? Decide(params Group[] groups) => Decide(Sample.Tcp(), groups);

    private static string? Decide(Sample sample, params Group[] groups) =>
        new LinearClassifier(On("a", "l", 1, groups), []).Classify(Direction.Out, sample.Facts())?.Id["l/".Length..];
}
