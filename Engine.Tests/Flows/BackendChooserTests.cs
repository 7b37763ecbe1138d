using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Flows;

public sealed class BackendChooserTests
{
    [Fact]
    public void A_backend_that_goes_takes_only_its_own_flows_with_it()
    {
        RuleAction.LoadBalance three = Balance(Backend("10.0.0.1"), Backend("10.0.0.2"), Backend("10.0.0.3"));
        RuleAction.LoadBalance two = Balance(Backend("10.0.0.1"), Backend("10.0.0.3"));

        foreach (FlowTuple flow in Flows(1000))
        {
            IpAddress before = Choose(three, flow);
            Assert.True(before == Ip("10.0.0.2") || before == Choose(two, flow), $"{flow} moved.");
        }
    }

    [Fact]
    public void A_backend_that_comes_takes_its_share_and_moves_no_flow_between_others()
    {
        RuleAction.LoadBalance two = Balance(Backend("10.0.0.1"), Backend("10.0.0.2"));
        RuleAction.LoadBalance three = Balance(
            Backend("10.0.0.1"), Backend("10.0.0.2"), Backend("10.0.0.3", weight: 2));

        FlowTuple[] moved = [.. Flows(4000).Where(f => Choose(two, f) != Choose(three, f))];

        Assert.All(moved, f => Assert.Equal(Ip("10.0.0.3"), Choose(three, f)));
        Assert.InRange(moved.Length, 2000 - 127, 2000 + 127); // Half, within four standard deviations.
    }

    [Fact]
    public void The_order_of_backends_does_not_matter()
    {
        RuleAction.LoadBalance one = Balance(Backend("10.0.0.1", weight: 2), Backend("fd00::2"), Backend("10.0.0.3"));
        RuleAction.LoadBalance other = Balance(Backend("10.0.0.3"), Backend("10.0.0.1", weight: 2), Backend("fd00::2"));

        Assert.All(Flows(500), f => Assert.Equal(Choose(one, f), Choose(other, f)));
    }

    [Fact]
    public void Without_weights_there_is_no_choice()
    {
        FlowTuple flow = Flows(1).Single();

        Assert.Null(BackendChooser.Choose(Balance(Backend("10.0.0.1", weight: 0)), flow, 0));
        Assert.Null(BackendChooser.Choose(Balance(), flow, 0));
    }

    [Fact]
    public void Another_key_chooses_otherwise()
    {
        RuleAction.LoadBalance two = Balance(Backend("10.0.0.1"), Backend("10.0.0.2"));
        int same = Flows(1000).Count(
            f => Choose(two, f) == BackendChooser.Choose(two, f, 0x0123_4567_89AB_CDEF)!.Address);

        Assert.InRange(same, 400, 600);
    }

    private static IpAddress Choose(RuleAction.LoadBalance action, FlowTuple flow) =>
        BackendChooser.Choose(action, flow, 0)!.Address;

    private static IEnumerable<FlowTuple> Flows(int count) => Enumerable.Range(1024, count).Select(port =>
        new FlowTuple(Ip("10.1.0.1"), Ip("10.96.0.1"), IpProtocol.Tcp, (ushort)port, 80, 0));
}
