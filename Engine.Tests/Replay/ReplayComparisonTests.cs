using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Replay.ReplaySamples;

namespace VxlanEngine.Tests.Replay;

public sealed class ReplayComparisonTests
{
    [Fact]
    public void Packets_that_a_new_rule_blocks_and_their_answers_are_told_with_the_rules_of_both_policies()
    {
        ComparisonResult result = Compare(
            WithoutHttp,
            Input("web", Pcap(0, TcpFromWeb(80), TcpFromWeb(81), TcpFromWeb(80, TcpFlags.Ack))),
            Input("uplink", Pcap(10, TcpToWeb(80), TcpToWeb(81))));
        Assert.Equal(2, result.Same);
        Assert.Equal(3, result.Different);
        Assert.Equal(
            [
                "2 packets from web: forwarded to uplink by acl/acl-out/anything-out, now dropped: rule-block by "
                + "acl/acl-out/no-http   first: packet 1 tcp 10.0.1.5:40312 > 10.0.1.6:80",
                "1 packet from uplink: forwarded to web by acl/acl-out/anything-out, now dropped: layer-default-block "
                + "by acl/default   first: packet 4 tcp 10.0.1.6:80 > 10.0.1.5:40312",
            ],
            result.Groups.Select(g => g.ToString()));
        Assert.Equal([1u, 3u], result.Groups[0].Examples.Select(e => e.Number));
        Assert.Equal(1_000_002_000, result.Groups[0].Examples[1].TimeNs);
    }

    [Fact]
    public void A_moved_endpoint_is_told_as_another_tunnel()
    {
        ComparisonResult result = Compare(
            Change("\"vtep\": \"172.31.0.2\"", "\"vtep\": \"172.31.0.3\""), Input("web", Pcap(0, TcpFromWeb(80))));
        Assert.Equal(
            "1 packet from web: forwarded to uplink by vnet/encap/to-blue, now with tunnel vxlan vni 4097 172.31.0.1 > "
            + "172.31.0.2 → vxlan vni 4097 172.31.0.1 > 172.31.0.3, tunnel destination mac 02:aa:00:00:00:02 → "
            + "02:aa:00:00:00:03   first: packet 1 tcp 10.0.1.5:40312 > 10.0.1.6:80",
            Assert.Single(result.Groups).ToString());
    }

    [Fact]
    public void A_changed_tunnel_header_is_told_by_its_field()
    {
        ComparisonResult result = Compare(
            Change("\"dontFragment\": \"set\"", "\"ttl\": 9"), Input("web", Pcap(0, TcpFromWeb(80))));
        Assert.Equal([new FieldChange("tunnel ttl", "64", "9")], Assert.Single(result.Groups).Changes);
    }

    [Fact]
    public void A_port_that_one_policy_lacks_is_never_ready()
    {
        ComparisonResult result = Compare(Change("\"web\"", "\"www\""), Input("web", Pcap(0, TcpFromWeb(80))));
        Assert.Equal(
            "1 packet from web: forwarded to uplink by vnet/encap/to-blue, now dropped: port-not-ready   "
            + "first: packet 1 tcp 10.0.1.5:40312 > 10.0.1.6:80",
            Assert.Single(result.Groups).ToString());
    }

    [Fact]
    public void A_port_that_no_policy_has_is_refused() => Assert.Throws<ArgumentException>(
        () => Compare(PolicyText, Input("www", Pcap(0, TcpFromWeb(80)))));

    [Fact]
    public void The_order_of_copies_does_not_count()
    {
        string first = Change("\"vteps\": [\"172.31.0.2\"]", "\"vteps\": [\"172.31.0.2\", \"172.31.0.3\"]");
        string second = Change("\"vteps\": [\"172.31.0.2\"]", "\"vteps\": [\"172.31.0.3\", \"172.31.0.2\"]");
        ComparisonResult result = Compare(first, second, [Input("web", Pcap(0, BroadcastFromWeb()))]);
        Assert.Equal((1, 0), (result.Same, result.Different));
    }

    [Fact]
    public void One_copy_more_or_less_is_told_by_its_tunnel()
    {
        string more = Change("\"vteps\": [\"172.31.0.2\"]", "\"vteps\": [\"172.31.0.2\", \"172.31.0.3\"]");
        ComparisonResult gained = Compare(PolicyText, more, [Input("web", Pcap(0, BroadcastFromWeb()))]);
        Assert.Equal(
            "1 packet from web: forwarded to uplink by vnet/encap/to-blue, now also copied to uplink by "
            + "vnet/encap/to-blue with tunnel none → vxlan vni 4097 172.31.0.1 > 172.31.0.3   "
            + "first: packet 1 udp 10.0.1.5:1000 > 10.0.1.255:2000",
            Assert.Single(gained.Groups).ToString());
        ComparisonResult lost = Compare(more, PolicyText, [Input("web", Pcap(0, BroadcastFromWeb()))]);
        Assert.Equal(
            [new FieldChange("tunnel", "vxlan vni 4097 172.31.0.1 > 172.31.0.3", "none")],
            Assert.Single(lost.Groups).Changes);
    }

    [Fact]
    public void An_answer_of_the_switch_itself_counts()
    {
        ComparisonResult result = Compare(
            Change("\"02:42:0a:00:01:06\"", "\"02:42:0a:00:01:66\""), Input("web", Pcap(0, ArpFromWeb())));
        DifferenceGroup group = Assert.Single(result.Groups);
        Assert.Equal(new PacketFate("answered at web", null), group.Before);
        Assert.Equal(new PacketFate("answered at web", null), group.After);
        Assert.Equal(
            new FieldChange("source mac", "02:42:0a:00:01:06", "02:42:0a:00:01:66"), group.Changes[0]);
    }

    [Fact]
    public void Ports_chosen_by_nat_count_unless_they_are_ignored()
    {
        string other = Change("40000-40099", "50000-50099");
        byte[] capture = Pcap(0, UdpFromWeb(1000, 53), UdpFromWeb(1001, 53), UdpFromWeb(1002, 54));
        ComparisonResult strict = Compare(PolicyText, other, [Input("web", capture)]);
        Assert.Equal((1, 2), (strict.Same, strict.Different));
        DifferenceGroup group = Assert.Single(strict.Groups);
        Assert.Contains(group.Changes, c => c.Field == "source port");
        Assert.Contains(group.Changes, c => c.Field == "tunnel source port");
        Assert.True(group.ChangesVary);

        ComparisonResult lenient = Compare(PolicyText, other, [Input("web", capture)], ignorePorts: true);
        Assert.Equal((3, 0), (lenient.Same, lenient.Different));
    }

    [Fact]
    public void Addresses_chosen_by_nat_count_even_where_ports_are_ignored()
    {
        ComparisonResult result = Compare(
            PolicyText,
            Change("10.0.1.99", "10.0.1.98", "40000-40099", "50000-50099"),
            [Input("web", Pcap(0, UdpFromWeb(1000, 53)))],
            ignorePorts: true);
        DifferenceGroup group = Assert.Single(result.Groups);
        Assert.Equal([new FieldChange("source address", "10.0.1.99", "10.0.1.98")], group.Changes);
        Assert.Equal("nat/pool/dns", group.Before.Rule);
    }

    [Fact]
    public void Ports_that_a_rule_itself_names_count_even_where_ports_are_ignored()
    {
        ComparisonResult result = Compare(
            Change(
                "{ \"dynamicNat\": { \"addresses\": \"10.0.1.99\", \"ports\": \"40000-40099\" } }",
                "{ \"nat\": { \"source\": \"10.0.1.99\", \"sourcePort\": 7 } }"),
            Change(
                "{ \"dynamicNat\": { \"addresses\": \"10.0.1.99\", \"ports\": \"40000-40099\" } }",
                "{ \"nat\": { \"source\": \"10.0.1.99\", \"sourcePort\": 8 } }"),
            [Input("web", Pcap(0, UdpFromWeb(1000, 53)))],
            ignorePorts: true);
        Assert.Contains(new FieldChange("source port", "7", "8"), Assert.Single(result.Groups).Changes);
    }

    [Fact]
    public void Serial_numbers_of_outer_headers_do_not_count()
    {
        // With DF clear every outer header has an identification, and a blocked packet moves all later ones.
        ComparisonResult result = Compare(
            Change("\"set\"", "\"clear\""),
            WithoutHttp.Replace("\"set\"", "\"clear\"", StringComparison.Ordinal),
            [Input("web", Pcap(0, TcpFromWeb(80), TcpFromWeb(81), TcpFromWeb(82)))]);
        Assert.Equal((2, 1), (result.Same, result.Different));
    }

    [Fact]
    public void Groups_stand_by_size_and_then_by_their_first_packet_and_are_bounded()
    {
        byte[] capture = Pcap(0, TcpFromWeb(23), ArpFromWeb(), TcpFromWeb(80), TcpFromWeb(80, TcpFlags.Ack));
        string after = WithoutHttp.Replace("\"02:42:0a:00:01:06\"", "\"02:42:0a:00:01:66\"", StringComparison.Ordinal);
        ComparisonResult result = Compare(PolicyText, after, [Input("web", capture)]);
        Assert.Equal([2L, 1L, 1L], result.Groups.Select(g => g.Count));
        Assert.Equal([3u, 1u, 2u], result.Groups.Select(g => g.Examples[0].Number));

        ComparisonResult bounded = ReplayComparison.Run(new ComparisonOptions
        {
            Before = BluePolicy,
            After = PolicyJson.Parse(after),
            Inputs = [Input("web", capture)],
            MaximumGroups = 1,
            ExamplesPerGroup = 1,
        });
        Assert.Equal((0, 4, 3), (bounded.Same, bounded.Different, bounded.Ungrouped));
        Assert.Single(Assert.Single(bounded.Groups).Examples);
    }

    [Fact]
    public void No_more_packets_are_compared_than_asked_for()
    {
        ComparisonResult result = ReplayComparison.Run(new ComparisonOptions
        {
            Before = BluePolicy,
            After = BluePolicy,
            Inputs = [Input("web", Pcap(0, TcpFromWeb(80), TcpFromWeb(81), TcpFromWeb(82)))],
            MaximumPackets = 2,
        });
        Assert.Equal((2, 0), (result.Same, result.Different));
    }

    [Fact]
    public void Whole_packets_of_a_damaged_capture_are_compared()
    {
        byte[] capture = Pcap(0, TcpFromWeb(80), TcpFromWeb(80));
        ComparisonResult result = Compare(WithoutHttp, Input("web", capture[..^1]));
        Assert.Equal((0, 1), (result.Same, result.Different));
        Assert.IsType<CaptureFormatException>(Assert.Single(result.Faults).Error);
    }

    [Fact]
    public void Every_recorded_scenario_fares_the_same_under_one_policy()
    {
        int packets = 0;
        foreach ((string name, IReadOnlyList<(string Port, byte[] Capture)> inputs) in Recordings())
        {
            ComparisonResult result = Compare(PolicyText, PolicyText, Open(inputs));
            Assert.True(result.Different == 0, $"{name}: {string.Join('\n', result.Groups)}");
            packets += (int)result.Same;
        }

        Assert.True(packets > 100, $"only {packets} packets");
    }

    [Fact]
    public void With_a_rule_turned_round_exactly_the_packets_differ_that_it_had_decided()
    {
        // Without state each rule decides for itself, whatever became of the packets before.
        AssertDifferWhereDecided(WithState(false), "acl/acl-out/no-telnet", atLeast: 0);
        AssertDifferWhereDecided(WithState(false), "acl/acl-out/anything-out", atLeast: 100);
        AssertDifferWhereDecided(WithState(false), "acl/acl-in/http-in", atLeast: 10);
    }

    [Fact]
    public void With_a_rule_turned_round_the_packets_of_its_flows_differ_too()
    {
        AssertDifferWhereDecided(WithState(true), "acl/acl-out/no-telnet", atLeast: 0);
        AssertDifferWhereDecided(WithState(true), "acl/acl-out/anything-out", atLeast: 200);
    }

    [Fact]
    public void Captures_do_not_react_so_an_answer_may_begin_the_flow_that_a_blocked_packet_did_not()
    {
        ComparisonResult result = Compare(
            Change("\"destinationPorts\": 80", "\"destinationPorts\": 40312"),
            PolicyText,
            [
                Input("uplink", Pcap(0, TcpToWeb(9, TcpFlags.Syn))),
                Input("web", Pcap(10, TcpFromWeb(9, TcpFlags.Syn | TcpFlags.Ack))),
                Input("uplink", Pcap(20, TcpToWeb(9, TcpFlags.Ack))),
            ]);
        Assert.Equal((2, 1), (result.Same, result.Different));
    }

    private static SwitchPolicy WithState(bool stateful)
    {
        Layer acl = BluePolicy.Layers[0];
        return BluePolicy with
        {
            Layers = BluePolicy.Layers.Select(l => l == acl ? l with { Stateful = stateful } : l).ToValueArray(),
        };
    }

    private static void AssertDifferWhereDecided(SwitchPolicy policy, string rule, int atLeast)
    {
        long total = 0;
        foreach ((string name, IReadOnlyList<(string Port, byte[] Capture)> inputs) in Recordings())
        {
            ReplayResult replayed = CaptureReplay.Run(new ReplayOptions { Policy = policy, Inputs = Open(inputs) });
            long decided = replayed.Counters.Rules.Single(r => r.Key == rule).Value;
            ComparisonResult result = ReplayComparison.Run(new ComparisonOptions
            {
                Before = policy,
                After = TurnedRound(policy, rule),
                Inputs = Open(inputs),
            });
            Assert.True(
                decided == result.Different,
                $"{name}: {rule} decided {decided}, {result.Different} differ\n{string.Join('\n', result.Groups)}");
            total += decided;
        }

        Assert.True(total >= atLeast, $"{rule} decided {total} packets only");
    }

    private static SwitchPolicy TurnedRound(SwitchPolicy policy, string id)
    {
        string[] names = id.Split('/');
        return policy with { Layers = policy.Layers.Select(l => l.Name == names[0] ? TurnLayer(l) : l).ToValueArray() };

        Layer TurnLayer(Layer layer) => layer with
        {
            Groups = layer.Groups.Select(g => g.Name == names[1] ? TurnGroup(g) : g).ToValueArray(),
        };

        Group TurnGroup(Group group) => group with
        {
            Rules = group.Rules.Select(r => r.Id == names[2] ? TurnRule(r) : r).ToValueArray(),
        };

        static Rule TurnRule(Rule rule) => rule with
        {
            Action = rule.Action is RuleAction.Block ? new RuleAction.Allow() : new RuleAction.Block(),
        };
    }

    private static ReplayInput[] Open(IReadOnlyList<(string Port, byte[] Capture)> inputs) =>
        [.. inputs.Select(i => Input(i.Port, i.Capture))];

    private static ComparisonResult Compare(string after, params ReplayInput[] inputs) =>
        Compare(PolicyText, after, inputs);

    private static ComparisonResult Compare(
        string before, string after, ReplayInput[] inputs, bool ignorePorts = false) =>
        ReplayComparison.Run(new ComparisonOptions
        {
            Before = PolicyJson.Parse(before),
            After = PolicyJson.Parse(after),
            Inputs = inputs,
            IgnorePorts = ignorePorts,
        });
}
