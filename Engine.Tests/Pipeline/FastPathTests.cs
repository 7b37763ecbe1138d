using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.FastPathFrames;
using static VxlanEngine.Tests.Pipeline.FastPathPolicies;
using static VxlanEngine.Tests.Pipeline.WorkerPolicies;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>The short way against the long one: two switches, the same frames, the same bytes and counters.</summary>
public sealed class FastPathTests
{
    private const int Talks = 15;

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Cases.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Frames_fare_alike_on_the_short_and_on_the_long_way(int number)
    {
        (long hits, int frames) = Compare(number);
        Assert.InRange(hits, frames / 8, frames);
    }

    [Fact]
    public void Of_three_frames_that_are_compared_one_and_more_take_the_short_way()
    {
        (long Hits, int Frames)[] all = [.. Enumerable.Range(0, Cases.Length).Select(Compare)];
        Assert.InRange(all.Sum(c => c.Hits), all.Sum(c => c.Frames) / 3, all.Sum(c => c.Frames));
    }

    [Fact]
    public void Packets_like_earlier_ones_are_held_to_the_tunnels_mtu_and_to_their_own_headroom()
    {
        using var side = new FastPathSide(PolicyOf("\"oversize\": \"drop\"", ""), wantsReports: false);

        // What is written in front of a frame's buffer is to fail here, not in whoever owns that memory.
        Assert.True(side.Core.Pool.TryRent(60, out _));
        FrameBuilder Of(int packet) =>
            Packet(Lan, Far, "10.0.0.1", "10.0.0.9").Udp(1000, 53, checksum: 0).Payload(packet - 28);
        Assert.Equal((1, 0L), Fate(100));
        Assert.Equal((1, 1L), Fate(1450));
        Assert.Equal((0, 1L), Fate(1451));
        Assert.Equal((1, 2L), Fate(100, headroom: 64));
        Assert.Equal((1, 2L), Fate(100, headroom: 50)); // Enough, but not to copy the header whole: the long way.
        Assert.Equal((0, 2L), Fate(100, headroom: 49));
        Assert.Equal((1, 3L), Fate(1450));
        PortCounters counters = side.Core.ReadCounters().Ports.Single(p => p.Key == "lan").Value;
        Assert.Equal(1, counters.DroppedFor(DropReason.MtuExceeded));
        Assert.Equal(1, counters.DroppedFor(DropReason.HeadroomExhausted));

        (int Sent, long Hits) Fate(int packet, int headroom = PacketPool.Headroom) =>
            (side.Send("lan", Of(packet).Build(), 0, headroom), side.Core.FastPathHits);
    }

    [Fact]
    public void Outer_headers_of_packets_like_earlier_ones_are_looked_at_all_the_same()
    {
        SwitchPolicy rejecting =
            PolicyOf("", "").WithPort("uplink", p => p with { ReservedBits = ReservedBits.Reject });
        using var side = new FastPathSide(rejecting, wantsReports: false);
        FrameBuilder Outer(int? checksum = null) =>
            FrameBuilder.Ethernet(Peer, Uplink).Ipv4("172.31.0.2", "172.31.0.1", checksum: checksum);
        byte[] Inside(FrameBuilder tunnel) =>
            tunnel.InnerEthernet(Far, Lan).Ipv4("10.0.0.9", "10.0.0.1").Udp(53, 1000).Payload(8).Build();
        byte[] inner = FrameBuilder.Ethernet(Far, Lan).Ipv4("10.0.0.9", "10.0.0.1").Udp(53, 1000).Payload(8).Build();
        byte[] wrongUdp = Outer().Udp(50000, 4789, checksum: 0xDEAD).Vxlan(42).Payload(inner).Build();

        side.Send("uplink", Inside(Outer().Vxlan(42)), 0);
        Assert.Equal(1, side.Send("uplink", Inside(Outer().Vxlan(42)), 1));
        Assert.Equal(1, side.Core.FastPathHits);
        Assert.Equal(0, side.Send("uplink", Inside(Outer(0xDEAD).Vxlan(42)), 2));
        Assert.Equal(0, side.Send("uplink", wrongUdp, 3));
        Assert.Equal(0, side.Send("uplink", Inside(Outer().Vxlan(42, flags: 0x0800_0001)), 4));
        Assert.Equal(0, side.Send("uplink", Inside(Outer().Vxlan(42, reserved: 1)), 5));
        Assert.Equal(0, side.Send("uplink", Inside(Outer().Vxlan(43)), 6));
        Assert.Equal(1, side.Send("uplink", Inside(Outer().Vxlan(42)), 7));

        PortCounters counters = side.Core.ReadCounters().Ports.Single(p => p.Key == "uplink").Value;
        Assert.Equal(1, counters.DroppedFor(DropReason.Ipv4BadChecksum));
        Assert.Equal(1, counters.DroppedFor(DropReason.UdpBadChecksum));
        Assert.Equal(2, counters.DroppedFor(DropReason.VxlanInvalidHeader));
        Assert.Equal(1, counters.DroppedFor(DropReason.VxlanVniNotFound));
    }

    [Theory]
    [InlineData(false, false, 6)]
    [InlineData(false, true, 17)]
    [InlineData(true, false, 17)]
    [InlineData(true, true, 6)]
    public void No_bit_of_the_headers_is_overlooked(bool isOverIpv6, bool isIpv6, int protocol)
    {
        FrameBuilder outer = FrameBuilder.Ethernet(Peer, Uplink);
        outer = isOverIpv6 ? outer.Ipv6("fd31::2", "fd31::1") : outer.Ipv4("172.31.0.2", "172.31.0.1");
        byte[] tunnel = Headers(outer.Udp(50000, 4789, checksum: 0).Vxlan(42).InnerEthernet(Far, Lan), 9, 1);
        byte[] plain = Headers(FrameBuilder.Ethernet(Lan, Far), 1, 9);
        AssertNoBitIsOverlooked("uplink", tunnel);
        AssertNoBitIsOverlooked("lan", plain);

        byte[] Headers(FrameBuilder frame, int from, int to)
        {
            frame = isIpv6
                ? frame.Ipv6($"fd00::{from}", $"fd00::{to}")
                : frame.Ipv4($"10.0.0.{from}", $"10.0.0.{to}");
            return (protocol == 6 ? frame.Tcp(80, 2000) : frame.Udp(80, 2000)).Payload(8).Build();
        }
    }

    /// <summary>Turns each bit of a packet like earlier ones around, on both ways.</summary>
    private static void AssertNoBitIsOverlooked(string port, byte[] frame)
    {
        SwitchPolicy policy = PolicyOf("", "").WithPort("uplink", p => p with { AllowZeroChecksumIpv6 = true });
        using var shortWay = new FastPathSide(policy, wantsReports: false);
        using var longWay = new FastPathSide(policy, wantsReports: true);
        for (int bit = 0; bit < 8 * frame.Length; bit++)
        {
            byte[] changed = [.. frame];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            foreach (byte[] next in new[] { frame, frame, changed, changed })
            {
                // Where an ICMP error would follow, limits must not tell one bit from another.
                long now = 1_000_000_000L * bit;
                longWay.Send(port, next, now);
                shortWay.Send(port, next, now);
                Assert.True(longWay.Sent == shortWay.Sent, $"bit {bit}: {longWay.Sent}, but {shortWay.Sent}");
            }
        }

        CounterText.AssertEqual(longWay.Core.ReadCounters(), shortWay.Core.ReadCounters());
        Assert.InRange(shortWay.Core.FastPathHits, 16L * frame.Length, 32L * frame.Length);
    }

    [Fact]
    public void Mark_that_a_rule_sets_is_set_on_the_short_way_too()
    {
        using var side = new FastPathSide(
            PolicyOf("", """
                { "name": "mark", "ports": ["lan"], "priority": 150, "default": "allow", "groups": [
                  { "name": "out", "direction": "out", "rules": [
                    { "id": "voice", "action": { "modify": { "dscp": 46 } } } ] } ] },
                """),
            wantsReports: false);
        byte[] frame = Packet(Lan, Far, "10.0.0.1", "10.0.0.9").Udp(1000, 53).Payload(8).Build();

        side.Send("lan", frame, 0);
        string decided = side.Sent;
        Assert.Contains("080045B80024", decided, StringComparison.Ordinal);
        side.Send("lan", frame, 1);
        Assert.Equal((1L, decided), (side.Core.FastPathHits, side.Sent));
    }

    [Fact]
    public void First_fragment_goes_the_long_way_so_that_the_others_can_follow_it()
    {
        using var side = new FastPathSide(PolicyOf("", StatefulAcl), wantsReports: false);
        FrameBuilder Part(bool more, int offset) => FrameBuilder.Ethernet(Lan, Far)
            .Ipv4("10.0.0.1", "10.0.0.9", id: 7, moreFragments: more, fragmentOffset: offset, protocol: 6);
        byte[] Whole(TcpFlags flags) =>
            Packet(Lan, Far, "10.0.0.1", "10.0.0.9").Tcp(1000, 443, flags).Payload(60).Build();

        side.Send("lan", Whole(TcpFlags.Syn), 0);
        side.Send("lan", Whole(TcpFlags.Ack), 1);
        side.Send("lan", Whole(TcpFlags.Ack), 2);
        Assert.Equal(1, side.Core.FastPathHits);
        Assert.Equal(1, side.Send("lan", Part(true, 0).Tcp(1000, 443, TcpFlags.Ack).Payload(60).Build(), 3));
        Assert.Equal(1, side.Send("lan", Part(false, 80).Payload(40).Build(), 4));
        Assert.Equal(1, side.Core.FastPathHits);
        Assert.Equal(1, side.Send("lan", Whole(TcpFlags.Ack), 5));
        Assert.Equal(2, side.Core.FastPathHits);
    }

    [Fact]
    public void Packet_that_changes_its_connections_state_goes_the_long_way()
    {
        const long Second = 1_000_000_000;
        using var side = new FastPathSide(PolicyOf("", StatefulAcl), wantsReports: false);
        byte[] Out(TcpFlags flags) => Packet(Lan, Far, "10.0.0.1", "10.0.0.9").Tcp(1000, 443, flags).Build();
        byte[] In(TcpFlags flags) => FrameBuilder.Ethernet(Peer, Uplink).Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42)
            .InnerEthernet(Far, Lan).Ipv4("10.0.0.9", "10.0.0.1").Tcp(443, 1000, flags).Build();

        side.Send("lan", Out(TcpFlags.Syn), 0);
        side.Send("lan", Out(TcpFlags.Ack), 1);
        side.Send("lan", Out(TcpFlags.Ack), 2);
        Assert.Equal(1, side.Core.FastPathHits);
        Assert.Equal(1, side.Send("uplink", In(TcpFlags.Syn | TcpFlags.Ack), 3));
        Assert.Equal(1, side.Send("lan", Out(TcpFlags.Ack), 4));
        Assert.Equal(1, side.Core.FastPathHits);
        Assert.Equal(1, side.Send("lan", Out(TcpFlags.Ack), 5));
        Assert.Equal(2, side.Core.FastPathHits);

        // A connection that is half open ends sooner.
        Assert.Equal(1, side.Send("uplink", In(TcpFlags.Ack), 7000 * Second));
        Assert.Equal(0, side.Send("uplink", In(TcpFlags.Ack), 14200 * Second));
    }

    [Theory]
    [InlineData(6081)]
    [InlineData(4791)] // A third port of VXLAN, which is not read on the short way.
    public void Tunnel_packets_that_a_rule_sends_on_as_they_came_are_looked_at_one_by_one(int udpPort)
    {
        SwitchPolicy policy = PolicyOf("", """
            { "name": "onward", "ports": ["uplink"], "priority": 10, "default": "allow", "groups": [
              { "name": "in", "direction": "in", "rules": [
                { "id": "r", "match": { "vni": 6000 }, "action": { "redirect": { "port": "near" } } } ] } ] },
            """);
        policy = policy.WithPort("uplink", p => p with { VxlanPorts = [4789, 4790, 4791], GenevePorts = [6081] });
        using var side = new FastPathSide(policy, wantsReports: false);
        byte[] Of(uint vni)
        {
            FrameBuilder outer = FrameBuilder.Ethernet(Peer, Uplink).Ipv4("172.31.0.2", "172.31.0.1")
                .Udp(50000, udpPort, checksum: 0);
            return (udpPort == 6081 ? outer.Geneve(vni) : outer.Vxlan(vni))
                .InnerEthernet(Far, Lan).Ipv4("10.0.0.9", "10.0.0.1").Udp(53, 1000).Payload(8).Build();
        }

        for (int i = 0; i < 3; i++)
        {
            side.Send("uplink", Of(6000), i);
            Assert.StartsWith("near ", side.Sent, StringComparison.Ordinal);
            side.Send("uplink", Of(42), i);
            Assert.StartsWith("lan ", side.Sent, StringComparison.Ordinal);
        }

        Assert.Equal(0, side.Core.FastPathHits);
    }

    [Fact]
    [Trait("Scenario", "VD17")]
    public void Tunnel_packets_in_a_vlan_take_the_short_way_in_both_directions()
    {
        using var side = new FastPathSide(PolicyOf("", "", vlan: 300), wantsReports: false);
        byte[] lan = Packet(Lan, Far, "10.0.0.1", "10.0.0.9").Udp(1000, 53).Payload(8).Build();
        byte[] In(int vlan, int priority) => FrameBuilder.Ethernet(Peer, Uplink).Vlan(vlan, priority)
            .Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42)
            .InnerEthernet(Far, Lan).Ipv4("10.0.0.9", "10.0.0.1").Udp(53, 1000).Payload(8).Build();

        side.Send("lan", lan, 0);
        string decided = side.Sent;
        Assert.Contains("8100C12C0800", decided, StringComparison.Ordinal);
        side.Send("lan", lan, 1);
        Assert.Equal((1L, decided), (side.Core.FastPathHits, side.Sent));
        side.Send("uplink", In(300, 0), 2);
        decided = side.Sent;
        Assert.Equal(1, side.Send("uplink", In(300, 6), 3));
        Assert.Equal((2L, decided), (side.Core.FastPathHits, side.Sent));
        Assert.Equal(0, side.Send("uplink", In(301, 6), 4));
        Assert.Equal(0, side.Send("uplink", In(0, 6), 5));
        PortCounters counters = side.Core.ReadCounters().Ports.Single(p => p.Key == "uplink").Value;
        Assert.Equal((4L, 2L), (counters.Received, counters.DroppedFor(DropReason.OuterVlan)));
    }

    [Fact]
    public void A_full_port_counts_and_retires_what_it_refused()
    {
        using var side = new FastPathSide(PolicyOf("", ""), wantsReports: false);
        byte[] frame = Packet(Lan, Far, "10.0.0.1", "10.0.0.9").Udp(1000, 53).Payload(10).Build();
        for (int i = 0; i < 4; i++)
        {
            side.Add("lan", frame, i, ChecksumStatus.Unknown);
            side.Process();
        }

        Assert.Equal(3, side.Core.FastPathHits); // Without flow state, one packet tells enough.
        side.IsFull = true;
        side.Add("lan", frame, 5, ChecksumStatus.Unknown);
        side.Process();

        PortCounters counters = side.Core.ReadCounters().Ports.Single(p => p.Key == "lan").Value;
        Assert.Equal((5L, 4L, 1L), (counters.Received, counters.Forwarded, counters.DroppedFor(DropReason.EgressFull)));
        Assert.Equal(side.Core.Pool.Count, side.Core.Pool.FreeCount);
    }

    private static (long Hits, int Frames) Compare(int number)
    {
        (string tunnel, string layers, int vlan) = Cases[number];
        var random = new Random(number + 1);
        SwitchPolicy policy = OfAllKinds(PolicyOf(tunnel, layers, vlan));
        using var shortWay = new FastPathSide(policy, wantsReports: false);
        using var longWay = new FastPathSide(policy, wantsReports: true);
        byte[][] seeds = [.. Enumerable.Range(0, Talks).SelectMany(_ => BothWays(random, vlan))];
        long now = 1_700_000_000_000_000_000;
        int frames = 0;
        while (frames < 12_000)
        {
            int count = random.Next(1, 40);
            for (int i = 0; i < count; i++)
            {
                byte[] frame = random.Next(10) == 0
                    ? RandomFrame(random, new Talk(random), random.Next(2) == 0, isPlain: false, vlan)
                    : seeds[random.Next(seeds.Length)];
                bool fromTunnel = frame[0] == 0x02 && frame[1] == 0xaa;
                now += random.NextInt64(20_000_000);
                ChecksumStatus checksum = random.Next(4) == 0 ? ChecksumStatus.Good : ChecksumStatus.Unknown;
                string port = fromTunnel ? "uplink" : "lan";
                shortWay.Add(port, frame, now, checksum);
                longWay.Add(port, frame, now, checksum);
            }

            frames += count;
            now += random.Next(30) == 0 ? random.NextInt64(200_000_000_000) : 0;
            shortWay.Process();
            longWay.Process();
            Assert.Equal(longWay.Sent, shortWay.Sent);
            if (random.Next(100) == 0)
            {
                SwitchPolicy next = OfAllKinds(PolicyOf(tunnel, random.Next(2) == 0 ? layers : StatefulAcl, vlan));
                Assert.Equal(longWay.Core.Apply(next), shortWay.Core.Apply(next));
            }
        }

        CounterText.AssertEqual(longWay.Core.ReadCounters(), shortWay.Core.ReadCounters());
        Assert.Equal(0, longWay.Core.FastPathHits);
        return (shortWay.Core.FastPathHits, frames);
    }

    private static FrameBuilder Packet(string from, string to, string source, string destination) =>
        FrameBuilder.Ethernet(from, to).Ipv4(source, destination);
}
