using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Groups that VXLAN headers name: read where the uplink knows them, written where asked for.</summary>
public sealed class GroupPolicyTests
{
    private const uint Group7 = 0x8800_0007;
    private const uint Group8 = 0x8800_0008;
    private const uint Applied = 0x0008_0000;
    private const uint DontLearn = 0x0040_0000;

    [Fact]
    [Trait("Scenario", "VD24")]
    public void Rules_match_the_group_that_a_packet_comes_from()
    {
        using var bench = new OverlayBench(Reading(Acl()));
        bench.Send("up", Of(Group7)).Left("a", Inner);
        bench.Send("up", Of(Group7 | DontLearn)).Left("a", Inner);
        bench.Send("up", Of(Group8)).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Send("up", Of(0x0800_0000)).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Send("up", Of(0x0800_0007)).DroppedFor(DropReason.LayerDefaultBlock);
    }

    [Fact]
    [Trait("Scenario", "VD24")]
    public void A_policy_that_has_been_applied_is_not_applied_again()
    {
        using var bench = new OverlayBench(Reading(Acl()));
        bench.Send("up", Of(Group7 | Applied)).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Apply(Reading(Acl(new Match { GroupPolicyApplied = true })));
        bench.Send("up", Of(Group7 | Applied)).Left("a", Inner);
        bench.Send("up", Of(Group8 | Applied)).Left("a", Inner);
        bench.Send("up", Of(Group7)).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Send("up", Of(0x0800_0000 | Applied)).DroppedFor(DropReason.LayerDefaultBlock);
    }

    [Fact]
    [Trait("Scenario", "VD06"), Trait("Scenario", "VD24")]
    public void To_others_the_bits_are_reserved_and_to_who_reads_them_the_others_still_are()
    {
        SwitchPolicy rejecting = Green.Policy.WithPort("up", p => p with { ReservedBits = ReservedBits.Reject });
        SwitchPolicy reading = rejecting.WithPort("up", p => p with { GroupPolicy = true });
        using var bench = new OverlayBench(rejecting);
        bench.Send("up", Of(Group7)).DroppedFor(DropReason.VxlanInvalidHeader);
        bench.Apply(reading);
        bench.Send("up", Of(Group7 | Applied | DontLearn)).Left("a", Inner);
        bench.Send("up", Of(Group7 | 0x0400_0000)).DroppedFor(DropReason.VxlanInvalidHeader);
        bench.Send("up", Of(Group7, reserved: 1)).DroppedFor(DropReason.VxlanInvalidHeader);
        bench.Apply(Green.Policy);
        bench.Send("up", Of(Group7)).Left("a", Inner);
    }

    [Fact]
    public void A_flow_whose_packets_come_from_another_group_is_looked_at_again()
    {
        using var bench = new OverlayBench(Reading(Acl() with { Stateful = true }));
        bench.Send("up", Of(Group7)).Left("a", Inner);
        bench.Send("up", Of(Group7)).Left("a", Inner);
        bench.Send("up", Of(Group8)).DroppedFor(DropReason.LayerDefaultBlock);
        bench.Send("up", Of(Group7)).Left("a", Inner);
        bench.Apply(Reading(Acl(new Match { GroupPolicyId = 8 }) with { Stateful = true }));
        bench.Send("up", Of(Group7)).DroppedFor(DropReason.LayerDefaultBlock);
    }

    [Fact]
    public void A_copy_for_a_neighbour_here_comes_from_no_group()
    {
        SwitchPolicy policy = Green.Policy.WithPort("up", p => p with { GroupPolicy = true }).Plus(new Layer
        {
            Name = "acl",
            Ports = ["b"],
            Priority = 100,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("in", Direction.In, new RuleAction.Block(), new Match { GroupPolicyId = "0-65535" })],
        });
        OverlayBench.Run(policy, "a", FromA(MacB).Ipv4(IpA, IpB).Udp(1, 2).Build()).Left("b");
    }

    [Theory]
    [InlineData(7, false, 0x8800_0007)]
    [InlineData(0, false, 0x8800_0000)]
    [InlineData(65535, true, 0x8808_FFFF)]
    [Trait("Scenario", "VD24")]
    public void A_network_in_a_group_says_so_in_its_headers(ushort group, bool isApplied, uint flags)
    {
        SwitchPolicy policy = Green.Policy.WithTunnel(
            t => t with { GroupPolicyId = group, GroupPolicyApplied = isApplied });
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();
        byte[] expected = FrameBuilder.Ethernet(MacUplink, MacVtepC).Ipv4(Vtep, VtepC, dontFragment: true)
            .Vxlan(VniValue, flags: flags).Payload(frame).Build();
        OverlayBench.Run(policy, "a", frame).Left("up", expected);
    }

    [Fact]
    public void Rules_on_the_way_out_of_the_uplink_see_the_group_that_is_written()
    {
        Layer layer = new()
        {
            Name = "underlay",
            Ports = ["up"],
            Priority = 10,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("out", Direction.Out, new RuleAction.Block(), new Match { GroupPolicyId = 7 })],
        };
        byte[] frame = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build();
        SwitchPolicy policy = Green.Policy.Plus(layer);
        OverlayBench.Run(policy, "a", frame).Left("up");
        OverlayBench.Run(policy.WithTunnel(t => t with { GroupPolicyId = 8 }), "a", frame).Left("up");
        OverlayBench.Run(policy.WithTunnel(t => t with { GroupPolicyId = 7 }), "a", frame)
            .DroppedFor(DropReason.RuleBlock);
    }

    private static byte[] Of(uint flags, byte reserved = 0) =>
        Outer().Vxlan(VniValue, flags: flags, reserved: reserved).Payload(Inner).Build();

    private static Layer Acl(Match? match = null) => new()
    {
        Name = "acl",
        Ports = ["a"],
        Priority = 100,
        Default = DefaultAction.Block,
        Groups = [GroupOf("in", Direction.In, new RuleAction.Allow(), match ?? new Match { GroupPolicyId = 7 })],
    };

    private static SwitchPolicy Reading(Layer layer) =>
        Green.Policy.WithPort("up", p => p with { GroupPolicy = true }).Plus(layer);
}
