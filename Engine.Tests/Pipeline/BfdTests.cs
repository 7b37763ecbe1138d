using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>BFD on the wire: what the switch sends to VTEPs that it watches, and what it takes (RFC 8971).</summary>
public sealed class BfdTests
{
    private const long Ms = 1_000_000;

    private static readonly byte[] ToB = FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 53).Build();

    private readonly BfdRemote _c = new(VtepC, MacVtepC);

    [Fact]
    public void A_session_begins_with_the_first_frame_and_speaks_in_the_management_vni()
    {
        using var bench = new OverlayBench(Watching(VtepC));
        Outcome outcome = bench.Send("a", ToB);
        Assert.Equal([("up", FrameOrigin.Bfd), ("b", FrameOrigin.Received)], Origins(outcome));
        byte[] sent = outcome.Frames[0].Bytes;
        BfdPacket packet = BfdRemote.Packet(sent);
        Assert.Equal((BfdState.Down, 0u, 3), (packet.State, packet.YourDiscriminator, packet.DetectMultiplier));
        byte[] inner = FrameBuilder.Ethernet(MacUplink, "00:00:5e:00:52:02")
            .Ipv4(Vtep, "127.0.0.1", ttl: 255, tos: 0xC0, dontFragment: true)
            .Udp(49152 + (int)(packet.MyDiscriminator % 16384), 3784)
            .Payload(BfdRemote.Bytes(packet)).Build();
        Assert.Equal(Hex.Text(ToC(inner, vni: 1)), Hex.Text(sent));
        Assert.Equal(1, outcome.Change.Generated);
    }

    [Fact]
    public void Over_ipv6_the_inner_packet_is_one_of_ipv6()
    {
        using var bench = new OverlayBench(Watching(VtepD));
        byte[] sent = bench.Send("a", ToB).Frames[0].Bytes;
        BfdPacket packet = BfdRemote.Packet(sent.AsSpan(40)); // Two IPv6 headers are 40 bytes longer.
        byte[] inner = FrameBuilder.Ethernet(MacUplink, "00:00:5e:00:52:02")
            .Ipv6(Vtep6, "::ffff:127.0.0.1", hopLimit: 255, trafficClass: 0xC0)
            .Udp(49152 + (int)(packet.MyDiscriminator % 16384), 3784)
            .Payload(BfdRemote.Bytes(packet)).Build();
        byte[] outer = FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD).Vxlan(1).Payload(inner).Build();
        Assert.Equal(Hex.Text(outer), Hex.Text(sent));
        Assert.Equal((BfdState.Down, 24), (packet.State, packet.PacketLength));
    }

    [Fact]
    public void Over_ipv6_an_authenticated_packet_has_its_lengths_and_checksums_right()
    {
        var keys = new BfdAuthentication
        {
            Type = BfdAuthenticationType.KeyedSha1,
            Keys = [new BfdKey { Id = 9, Secret = "k" }],
        };
        using var bench = new OverlayBench(Watching(bfd => bfd with { Authentication = keys }, VtepD));
        byte[] sent = bench.Send("a", ToB).Frames[0].Bytes;
        byte[] control = sent[^52..];
        Assert.True(new PacketReader(control).TryRead(out BfdPacket packet));
        byte[] inner = FrameBuilder.Ethernet(MacUplink, "00:00:5e:00:52:02")
            .Ipv6(Vtep6, "::ffff:127.0.0.1", hopLimit: 255, trafficClass: 0xC0)
            .Udp(49152 + (int)(packet.MyDiscriminator % 16384), 3784).Payload(control).Build();
        byte[] outer = FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD).Vxlan(1).Payload(inner).Build();
        Assert.Equal(Hex.Text(outer), Hex.Text(sent));
    }

    [Fact]
    public void Packets_of_the_session_are_consumed_and_answered()
    {
        using var bench = new OverlayBench(Watching(VtepC));
        uint mine = Begin(bench);
        Outcome init = bench.Send("up", _c.Frame(Packet(BfdState.Down, 0)), 1 * Ms);
        Assert.Equal([("up", FrameOrigin.Bfd)], Origins(init));
        Assert.Equal((1, 1), (init.Change.Consumed, init.Change.Generated));
        BfdPacket answer = BfdRemote.Packet(init.Frames[0].Bytes);
        Assert.Equal((BfdState.Init, 0x77u, mine), (answer.State, answer.YourDiscriminator, answer.MyDiscriminator));
        Outcome up = bench.Send("up", _c.Frame(Packet(BfdState.Up, mine)), 2 * Ms);
        Assert.Equal(BfdState.Up, BfdRemote.Packet(Assert.Single(up.Frames).Bytes).State);
        Outcome quiet = bench.Send("up", _c.Frame(Packet(BfdState.Up, mine)), 3 * Ms);
        Assert.Empty(quiet.Frames);
        Assert.Equal(1, quiet.Change.Consumed);
    }

    [Theory]
    [InlineData(DropReason.BfdInvalid, "came through a router")]
    [InlineData(DropReason.BfdInvalid, "to another port")]
    [InlineData(DropReason.BfdInvalid, "of another protocol")]
    [InlineData(DropReason.BfdInvalid, "for a tenant")]
    [InlineData(DropReason.BfdInvalid, "in fragments")]
    [InlineData(DropReason.BfdInvalid, "with a wrong UDP checksum")]
    [InlineData(DropReason.BfdInvalid, "with a wrong IPv4 checksum")]
    [InlineData(DropReason.BfdInvalid, "over IPv6 without checksum")]
    [InlineData(DropReason.BfdInvalid, "cut short")]
    [InlineData(DropReason.BfdSessionUnknown, "from another VTEP")]
    [InlineData(DropReason.BfdSessionUnknown, "from a VTEP that the policy does not name")]
    [InlineData(DropReason.BfdSessionUnknown, "for another session")]
    [InlineData(DropReason.BfdAuthenticated, "with a password")]
    [InlineData(DropReason.VxlanVniNotFound, "in VNI 2")]
    [InlineData(DropReason.InnerSourceMacInvalid, "from nobody")]
    public void What_is_no_packet_of_a_session_is_dropped_and_goes_nowhere(DropReason reason, string kind)
    {
        using var bench = new OverlayBench(Watching(VtepC));
        uint mine = Begin(bench);
        byte[] packet = BfdRemote.Bytes(Packet(BfdState.Down, 0));
        byte[] password = [.. packet, 1, 4, 1, (byte)'x'];
        (password[1], password[3]) = (0x44, 28);
        FrameBuilder Tunnel(uint vni = 1, string source = VtepC) => Outer(source: source).Vxlan(vni);
        FrameBuilder Inner(
            byte ttl = 255, uint vni = 1, string source = VtepC, string mac = MacVtepC, bool more = false,
            int? checksum = null) =>
            Tunnel(vni, source).InnerEthernet(mac, "00:00:5e:00:52:02")
                .Ipv4(source, "127.0.0.1", ttl: ttl, moreFragments: more, checksum: checksum);
        FrameBuilder frame = kind switch
        {
            "came through a router" => Inner(ttl: 254).Udp(50000, 3784).Payload(packet),
            "to another port" => Inner().Udp(50000, 3785).Payload(packet),
            "of another protocol" => Inner().Tcp(50000, 3784).Payload(packet),
            "for a tenant" => Tunnel().InnerEthernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Payload(packet),
            "in fragments" => Inner(more: true).Udp(50000, 3784).Payload(packet),
            "with a wrong UDP checksum" => Inner().Udp(50000, 3784, checksum: 0x1234).Payload(packet),
            "with a wrong IPv4 checksum" => Inner(checksum: 0x1234).Udp(50000, 3784).Payload(packet),
            "over IPv6 without checksum" => Tunnel().InnerEthernet(MacVtepC, "00:00:5e:00:52:02")
                .Ipv6("fd39::2", "::ffff:127.0.0.1", hopLimit: 255).Udp(50000, 3784, checksum: 0).Payload(packet),
            "cut short" => Inner().Udp(50000, 3784).Payload(packet[..23]),
            "from another VTEP" => Inner(source: VtepE).Udp(50000, 3784).Payload(packet),
            "from a VTEP that the policy does not name" =>
                Inner(source: "172.31.9.77").Udp(50000, 3784).Payload(packet),
            "for another session" => Inner().Udp(50000, 3784)
                .Payload(BfdRemote.Bytes(Packet(BfdState.Down, mine + 1))),
            "with a password" => Inner().Udp(50000, 3784).Payload(password),
            "in VNI 2" => Inner(vni: 2).Udp(50000, 3784).Payload(packet),
            _ => Inner(mac: "00:00:00:00:00:00").Udp(50000, 3784).Payload(packet),
        };
        bench.Send("up", frame.Build(), 1 * Ms).DroppedFor(reason);
    }

    [Theory]
    [InlineData(BfdAuthenticationType.SimplePassword, 4)]
    [InlineData(BfdAuthenticationType.KeyedMd5, 24)]
    [InlineData(BfdAuthenticationType.MeticulousKeyedMd5, 24)]
    [InlineData(BfdAuthenticationType.KeyedSha1, 28)]
    [InlineData(BfdAuthenticationType.MeticulousKeyedSha1, 28)]
    public void An_authenticated_session_comes_up_by_authenticated_packets_alone(
        BfdAuthenticationType type, int section)
    {
        var keys = new BfdAuthentication { Type = type, Keys = [new BfdKey { Id = 9, Secret = "k" }] };
        using var bench = new OverlayBench(Watching(bfd => bfd with { Authentication = keys }, VtepC));
        byte[] first = bench.Send("a", ToB).Frames[0].Bytes;
        BfdPacket packet = BfdRemote.Packet(first);
        Assert.Equal((true, 24 + section), (packet.IsAuthenticated, packet.PacketLength));
        Assert.Equal(BfdRemote.PacketOffset + 24 + section, first.Length);

        byte[] down = BfdRemote.Bytes(Packet(BfdState.Down, 0));
        byte[] up = BfdRemote.Bytes(Packet(BfdState.Up, packet.MyDiscriminator));
        bench.Send("up", _c.Frame(down), 1 * Ms).DroppedFor(DropReason.BfdNotAuthenticated);
        bench.Send("up", _c.Frame(BfdProof.Signed(down, type, 9, "l", 1)), 2 * Ms)
            .DroppedFor(DropReason.BfdAuthenticationFailed);
        Outcome init = bench.Send("up", _c.Frame(BfdProof.Signed(down, type, 9, "k", 70)), 3 * Ms);
        Assert.Equal((BfdState.Init, true), StateOf(init));
        Assert.Equal((BfdState.Up, true), StateOf(
            bench.Send("up", _c.Frame(BfdProof.Signed(up, type, 9, "k", 71)), 4 * Ms)));
        if (type != BfdAuthenticationType.SimplePassword)
        {
            bench.Send("up", _c.Frame(BfdProof.Signed(up, type, 9, "k", 70)), 5 * Ms)
                .DroppedFor(DropReason.BfdSequenceInvalid);
        }

        // Who it watches no longer can trust that, too.
        Assert.True(bench.Apply(Green.Policy));
        Assert.Equal(1, bench.Counters.Generated - 3);

        static (BfdState, bool) StateOf(Outcome outcome)
        {
            BfdPacket sent = BfdRemote.Packet(Assert.Single(outcome.Frames).Bytes);
            return (sent.State, sent.IsAuthenticated);
        }
    }

    [Fact]
    public void A_key_is_changed_without_losing_the_session()
    {
        const BfdAuthenticationType Type = BfdAuthenticationType.MeticulousKeyedSha1;
        var older = new BfdKey { Id = 1, Secret = "older" };
        var newer = new BfdKey { Id = 2, Secret = "newer" };
        SwitchPolicy With(params BfdKey[] keys) => Watching(
            bfd => bfd with { Authentication = new() { Type = Type, Keys = keys.ToValueArray() } }, VtepC);
        using var bench = new OverlayBench(With(older));
        uint mine = Begin(bench);
        uint sequence = 0;
        byte[] Told(BfdState state, BfdKey key, bool isPoll = false)
        {
            uint your = state == BfdState.Down ? 0 : mine;
            var packet = new BfdPacket(
                state, BfdDiagnostic.None, isPoll, !isPoll, 3, 0x77, your, 1_000_000, 100_000);
            return _c.Frame(BfdProof.Signed(BfdRemote.Bytes(packet), Type, key.Id, key.Secret, sequence++));
        }

        bench.Send("up", Told(BfdState.Down, older), 1 * Ms);
        bench.Send("up", Told(BfdState.Up, older), 2 * Ms);
        Assert.True(bench.Apply(With(older, newer)));
        Assert.Equal(1, KeyOfAnswer(3, older));
        Assert.Equal(1, KeyOfAnswer(4, newer));
        Assert.True(bench.Apply(With(newer, older)));
        Assert.Equal(2, KeyOfAnswer(5, older));
        Assert.True(bench.Apply(With(newer)));
        Assert.Equal(2, KeyOfAnswer(6, newer));
        bench.Send("up", Told(BfdState.Up, older), 7 * Ms).DroppedFor(DropReason.BfdAuthenticationFailed);
        BfdSummary session = Assert.Single(bench.Core.ReadBfdSessions());
        Assert.Equal((BfdState.Up, 0), (session.State, session.Flaps));

        // The key that the answer to a poll is signed with.
        int KeyOfAnswer(int atMs, BfdKey key)
        {
            Outcome outcome = bench.Send("up", Told(BfdState.Up, key, isPoll: true), atMs * Ms);
            Assert.Equal(1, outcome.Change.Consumed);
            byte[] answer = outcome.Frames.Select(f => f.Bytes).Single(f => BfdRemote.Packet(f).IsFinal);
            return answer[BfdRemote.PacketOffset + 26];
        }
    }

    [Theory]
    [InlineData("00:23:20:00:00:01", "169.254.1.1", 0)] // As Open vSwitch has it.
    [InlineData(MacUplink, Vtep, null)] // RFC 8971 §5: or the VTEP's own address.
    [InlineData("00:00:5e:00:52:02", "127.99.0.1", null)]
    public void A_packet_may_name_any_address_inside_and_have_no_checksum_over_ipv4(
        string mac, string address, int? checksum)
    {
        using var bench = new OverlayBench(Watching(VtepC));
        Begin(bench);
        byte[] frame = Outer().Vxlan(1).InnerEthernet(MacVtepC, mac).Ipv4("169.254.1.0", address, ttl: 255)
            .Udp(50000, 3784, checksum: checksum).Payload(BfdRemote.Bytes(Packet(BfdState.Down, 0))).Build();
        Assert.Equal(1, bench.Send("up", frame, 1 * Ms).Change.Consumed);
    }

    [Fact]
    public void The_management_vni_and_the_udp_port_are_the_policys()
    {
        using var bench = new OverlayBench(Watching(
            bfd => bfd with { Vni = new Vni(0), Tunnel = bfd.Tunnel with { UdpPort = 8472 } }, VtepC));
        byte[] sent = bench.Send("a", ToB).Frames[0].Bytes;
        Assert.Equal(("2118", "000000"), (Hex.Text(sent.AsSpan(36, 2)), Hex.Text(sent.AsSpan(46, 3))));
        byte[] own = Outer().Udp(50000, 8472, checksum: 0).Vxlan(0).InnerEthernet(MacVtepC, "00:00:5e:00:52:02")
            .Ipv4(VtepC, "127.0.0.1", ttl: 255).Udp(50000, 3784)
            .Payload(BfdRemote.Bytes(Packet(BfdState.Down, 0))).Build();
        Assert.Equal(1, bench.Send("up", own, 1 * Ms).Change.Consumed);
    }

    [Fact]
    public void Without_bfd_the_management_vni_is_any_other()
    {
        using var bench = new OverlayBench();
        bench.Send("up", _c.Frame(Packet(BfdState.Down, 0))).DroppedFor(DropReason.VxlanVniNotFound);
    }

    [Fact]
    public void The_layers_of_the_uplink_do_not_see_packets_of_sessions()
    {
        using var bench = new OverlayBench(Watching(VtepC).Plus(UplinkLayer(new RuleAction.Block())));
        Begin(bench);
        Assert.Equal(1, bench.Send("up", _c.Frame(Packet(BfdState.Down, 0)), 1 * Ms).Change.Consumed);
    }

    [Fact]
    public void A_packet_waits_for_its_next_hop_like_any_other()
    {
        SwitchPolicy policy = (Watching(VtepC) with { Neighbors = [] })
            .WithPort("up", p => p with { ResolveNeighbors = true });
        using var bench = new OverlayBench(policy);
        Outcome first = bench.Send("a", ToB);
        Assert.Equal([("b", FrameOrigin.Received), ("up", FrameOrigin.Question)], Origins(first));
        Assert.Equal(1, bench.Counters.Held);
        byte[] reply = FrameBuilder.Ethernet(MacVtepC, MacUplink).ArpReply(MacVtepC, VtepC, MacUplink, Vtep).Build();
        Outcome answered = bench.Send("up", reply, 1 * Ms);
        Assert.Equal([("up", FrameOrigin.Bfd)], Origins(answered));
        Assert.True(_c.IsForIt(answered.Frames[0].Bytes));
    }

    [Fact]
    public void Packets_go_by_the_uplinks_routes_and_in_its_vlan()
    {
        const string Router = "172.31.9.254";
        SwitchPolicy policy = Watching(VtepC).WithPort("up", p => p with
        {
            Addresses = [Ip("172.31.9.100"), .. p.Addresses],
            Vlan = 100,
            Routes = [new UplinkRoute { Prefix = IpPrefix.Parse("0.0.0.0/0"), Via = [Ip(Router)], Source = Ip(Vtep) }],
        });
        policy = policy with
        {
            Neighbors = [new Neighbor { Port = "up", Address = Ip(Router), Mac = Mac("02:aa:00:00:00:fe") }],
        };
        using var bench = new OverlayBench(policy);
        byte[] sent = bench.Send("a", ToB).Frames[0].Bytes;
        byte[] outer = FrameBuilder.Ethernet(MacUplink, "02:aa:00:00:00:fe").Vlan(100)
            .Ipv4(Vtep, VtepC, dontFragment: true).Vxlan(1).Build();
        Assert.Equal(Hex.Text(outer.AsSpan(0, 18)), Hex.Text(sent.AsSpan(0, 18)));
        Assert.Equal(Hex.Text(outer.AsSpan(30, 8)), Hex.Text(sent.AsSpan(30, 8))); // The addresses.
        uint mine = BfdRemote.Packet(sent.AsSpan(4)).MyDiscriminator;

        byte[] answer = _c.Frame(Packet(BfdState.Down, 0));
        bench.Send("up", answer, 1 * Ms).DroppedFor(DropReason.OuterVlan);
        byte[] tagged = [.. answer[..12], 0x81, 0, 0, 100, .. answer[12..]];
        BfdPacket init = BfdRemote.Packet(Assert.Single(bench.Send("up", tagged, 2 * Ms).Frames).Bytes.AsSpan(4));
        Assert.Equal((BfdState.Init, mine), (init.State, init.MyDiscriminator));
    }

    [Fact]
    public void What_cannot_be_sent_is_a_counted_drop()
    {
        using var alone = new OverlayBench(Watching(VtepC), buffers: 1);
        Assert.Equal(1, alone.Send("a", ToB).Change.Drops[DropReason.PoolExhausted]);
        using var unresolved = new OverlayBench(Watching(VtepC) with { Neighbors = [] });
        Assert.Equal(1, unresolved.Send("a", ToB).Change.Drops[DropReason.NeighborUnresolved]);
        using var full = new OverlayBench(Watching(VtepC)) { Full = { "up" } };
        Assert.Equal(1, full.Send("a", ToB).Change.Drops[DropReason.EgressFull]);
    }

    [Fact]
    public void Who_a_new_policy_does_not_watch_is_told_so()
    {
        using var bench = new OverlayBench(Watching(VtepC, VtepE));
        Begin(bench);
        Assert.True(bench.Apply(Watching(VtepE)));
        Outcome outcome = bench.Send("a", ToB, 1 * Ms);
        Assert.Equal([("b", FrameOrigin.Received)], Origins(outcome));
        Assert.Equal(3 + 2, bench.Counters.Forwarded); // Two beginnings and a goodbye.
        bench.Send("up", _c.Frame(Packet(BfdState.Down, 0)), 2 * Ms).DroppedFor(DropReason.BfdSessionUnknown);

        // The goodbye may be lost: it is said again.
        byte[] again = bench.Send("a", ToB, 1002 * Ms).Frames.First(f => _c.IsForIt(f.Bytes)).Bytes;
        Assert.Equal(BfdState.AdminDown, BfdRemote.Packet(again).State);
        Assert.True(bench.Apply(Green.Policy));
        Assert.Equal([("b", FrameOrigin.Received)], Origins(bench.Send("a", ToB, 5000 * Ms)));
    }

    /// <summary>The network Green, with VTEPs that the uplink watches.</summary>
    internal static SwitchPolicy Watching(params string[] vteps) => Watching(bfd => bfd, vteps);

    internal static SwitchPolicy Watching(Func<BfdOptions, BfdOptions> change, params string[] vteps) =>
        Green.Policy.WithPort("up", p => p with
        {
            Bfd = change(new BfdOptions
            {
                Vteps = vteps.Select(Ip).ToValueArray(),
                MinTx = TimeSpan.FromMilliseconds(100),
                MinRx = TimeSpan.FromMilliseconds(100),
                Tunnel = new TunnelOptions { SourcePorts = new NumberRange(50000, 50000) },
            }),
        });

    private static (string, FrameOrigin)[] Origins(Outcome outcome) =>
        [.. outcome.Frames.Select(f => (f.Port, f.Origin))];

    private static BfdPacket Packet(BfdState state, uint your) =>
        new(state, BfdDiagnostic.None, false, false, 3, 0x77, your, 1_000_000, 100_000);

    /// <summary>Lets the sessions begin, and returns the number of the first one.</summary>
    private static uint Begin(OverlayBench bench) =>
        BfdRemote.Packet(bench.Send("a", ToB).Frames[0].Bytes).MyDiscriminator;
}
