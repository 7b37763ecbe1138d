using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.WorkerTraffic;

namespace VxlanEngine.Tests.Pipeline;

public sealed class SteeringTests : IDisposable
{
    private readonly PacketPool _pool = new(4, 2048);
    private readonly FlowShards _shards = new(7, 0, 4);
    private readonly Steering _steering;

    public SteeringTests()
    {
        _steering = new Steering(_shards, _pool);
        _steering.Adopt(new PolicySnapshot(
            WorkerPolicies.With(""), 1, 0, new NameDirectory(), new NameDirectory()));
    }

    [Theory]
    [InlineData(17)]
    [InlineData(6)]
    [InlineData(132)]
    [InlineData(1)]
    [InlineData(47)]
    [Trait("Scenario", "VD26")]
    public void Both_directions_agree_outside_and_inside_a_tunnel(int protocol)
    {
        ulong sent = Hash("lan", Packet(FrameBuilder.Ethernet(Lan, Far), "10.0.0.1", "10.0.0.9", 1000, 53));
        ulong answer = Hash("uplink", Packet(Tunnel(), "10.0.0.9", "10.0.0.1", 53, 1000));
        ulong local = Hash("near", Packet(FrameBuilder.Ethernet(Near, Lan), "10.0.0.9", "10.0.0.1", 53, 1000));
        ulong other = Hash("lan", Packet(FrameBuilder.Ethernet(Lan, Far), "10.0.0.1", "10.0.0.8", 1000, 53));

        Assert.Equal(sent, answer);
        Assert.Equal(sent, local);
        Assert.NotEqual(sent, other);

        FrameBuilder Packet(FrameBuilder frame, string from, string to, int source, int destination)
        {
            frame = frame.Ipv4(from, to, protocol: (byte)protocol);
            return protocol switch
            {
                17 => frame.Udp(source, destination),
                6 => frame.Tcp(source, destination),
                132 => frame.Sctp(source, destination),
                1 => source == 53 ? frame.IcmpEchoReply(9, 1) : frame.IcmpEchoRequest(9, 1),
                _ => frame.Payload(30),
            };
        }
    }

    [Fact]
    public void Both_directions_of_an_ipv6_flow_agree() =>
        Assert.Equal(
            Hash("lan", FrameBuilder.Ethernet(Lan, Far).Ipv6("fd00::1", "fd00::9").Udp(1000, 53)),
            Hash("uplink", Tunnel().Ipv6("fd00::9", "fd00::1").Udp(53, 1000)));

    [Fact]
    public void Ports_tell_flows_apart_and_tags_do_not() => Assert.Equal(
        [true, false, false],
        new[]
        {
            FrameBuilder.Ethernet(Lan, Far).Vlan(7).Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53),
            FrameBuilder.Ethernet(Lan, Far).Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 54),
            FrameBuilder.Ethernet(Lan, Far).Ipv4("10.0.0.1", "10.0.0.9").Tcp(1000, 53),
        }.Select(f => Hash("lan", f)
            == Hash("lan", FrameBuilder.Ethernet(Lan, Far).Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53))));

    [Fact]
    public void An_uplink_in_a_vlan_opens_tunnel_packets_with_its_tag_alone()
    {
        SwitchPolicy policy = WorkerPolicies.With("").WithPort("uplink", p => p with { Vlan = 7 });
        _steering.Adopt(new PolicySnapshot(policy, 2, 0, new NameDirectory(), new NameDirectory()));
        ulong flow = Hash("lan", FrameBuilder.Ethernet(Lan, Far).Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53));
        Assert.Equal(flow, Hash("uplink", Arriving(f => f.Vlan(7))));
        Func<FrameBuilder, FrameBuilder>[] others = [f => f, f => f.Vlan(8), f => f.Vlan(0), f => f.Vlan(7).Vlan(7)];

        // The uplink's layers then look at the outer packet, and so do those of an endpoint.
        Assert.All(others, tag => Assert.Equal(Hash("lan", Arriving(tag)), Hash("uplink", Arriving(tag))));
        Assert.All(others, tag => Assert.NotEqual(flow, Hash("uplink", Arriving(tag))));

        FrameBuilder Arriving(Func<FrameBuilder, FrameBuilder> tag) => tag(FrameBuilder.Ethernet(Peer, Uplink))
            .Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42).InnerEthernet(Far, Lan)
            .Ipv4("10.0.0.9", "10.0.0.1").Udp(53, 1000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Scenario", "VD29")]
    public void What_comes_in_two_tunnels_goes_where_the_innermost_flow_is(bool overIpv6)
    {
        ulong flow = Hash("lan", FrameBuilder.Ethernet(Lan, Far).Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53));
        Assert.Equal(flow, Hash("uplink", Twice(Uplink)));

        // A tenant's own tunnel packet is nobody's to open.
        Assert.NotEqual(flow, Hash("uplink", Twice(Lan)));

        FrameBuilder Twice(string mac)
        {
            FrameBuilder middle = FrameBuilder.Ethernet(Peer, Uplink).Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42)
                .InnerEthernet(Peer, mac);
            middle = overIpv6 ? middle.Ipv6("fd31::2", "fd31::1") : middle.Ipv4("172.31.0.2", "172.31.0.1");
            return middle.Vxlan(42).InnerEthernet(Far, Lan).Ipv4("10.0.0.9", "10.0.0.1").Udp(53, 1000);
        }
    }

    [Fact]
    public void An_error_goes_where_the_quoted_packet_went()
    {
        ulong flow = Hash("lan", FrameBuilder.Ethernet(Lan, Far).Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53));
        Assert.Equal(flow, Hash("uplink", Tunnel().Ipv4("10.0.0.99", "10.0.0.1").Icmp(3, 3)
            .Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53)));
    }

    [Fact]
    public void Fragments_meet_at_their_datagram_and_follow_its_first_one_to_the_flow()
    {
        FrameBuilder first = FrameBuilder.Ethernet(Lan, Far)
            .Ipv4("10.0.0.1", "10.0.0.9", id: 5, moreFragments: true).Udp(1000, 53, length: 40).Payload(16);
        FrameBuilder later = FrameBuilder.Ethernet(Lan, Far)
            .Ipv4("10.0.0.1", "10.0.0.9", id: 5, fragmentOffset: 24, protocol: 17).Payload(16);
        ulong flow = Hash("lan", FrameBuilder.Ethernet(Lan, Far).Ipv4("10.0.0.1", "10.0.0.9").Udp(1000, 53));
        var datagrams = new FragmentDirectory(8, TimeSpan.FromSeconds(30));

        ulong datagram = Hash("lan", first);
        Assert.True(Steering.IsDatagram(datagram));
        Assert.Equal(datagram, Hash("lan", later));
        Assert.NotEqual(datagram, Hash("near", later)); // Another port's datagrams are others.
        Assert.False(Steering.IsDatagram(flow));

        Assert.NotEqual(flow, Flow(later, 0));
        Assert.Equal(flow, Flow(first, 0));
        Assert.Equal(flow, Flow(later, 29_999_999_999));
        Assert.NotEqual(flow, Flow(later, 30_000_000_000));

        ulong Flow(FrameBuilder frame, long nowNs)
        {
            FrameDescriptor loaded = Load("lan", frame);
            ulong found = _steering.FlowOf(loaded, datagram, datagrams, nowNs);
            _pool.Return(loaded);
            return found;
        }
    }

    /// <summary>The short way against the parser, on traffic of all kinds and on damaged frames.</summary>
    [Fact]
    [Trait("Scenario", "MF10")]
    public void Both_ways_of_reading_a_frame_agree()
    {
        var random = new Random(3);
        var traffic = new WorkerTraffic(3, 64);
        ulong[] hash = new ulong[1];
        int shards = 0;
        var seen = new HashSet<int>();
        for (int round = 0; round < 60; round++)
        {
            foreach (TrafficFrame frame in traffic.NextRound())
            {
                byte[] bytes = frame.Bytes;
                bool isDamaged = random.Next(3) == 0;
                bytes[random.Next(bytes.Length)] ^= (byte)(isDamaged ? 1 << random.Next(8) : 0);
                FrameDescriptor loaded = Load(frame.Port, bytes);
                _steering.Hash(new ReadOnlySpan<FrameDescriptor>(in loaded), hash);
                DropReason reason = PacketParser.ParseFrame(_pool.Frame(loaded), 0, out ParsedFrame outer);
                bool isDropped = reason != DropReason.None
                    || (frame.Port == "uplink"
                        && PacketParser.ParseTunnel(
                            _pool.Frame(loaded), outer, TunnelProtocols.Vxlan, out _, out _) != DropReason.None);
                Assert.True(isDropped || hash[0] == _steering.Parse(loaded), Convert.ToHexString(bytes));
                shards += seen.Add(FlowShards.ShardOf(hash[0])) ? 1 : 0;
                _pool.Return(loaded);
            }
        }

        Assert.InRange(shards, 40, FlowShards.Count);
    }

    [Fact]
    public void Shards_are_spread_evenly_and_each_has_one_owner()
    {
        int[] perShard = new int[FlowShards.Count];
        int[] perWorker = new int[4];
        for (uint i = 0; i < 256 * 100; i++)
        {
            ulong hash = _shards.Hash(new FlowTuple(
                new Ipv4Address(0x0a000000 + (i >> 8)), new Ipv4Address(1), IpProtocol.Tcp, (ushort)i, 80, 0));
            perShard[FlowShards.ShardOf(hash)]++;
            perWorker[_shards.OwnerOf(hash)]++;
            Assert.Single(Enumerable.Range(0, 4), w => new FlowShards(7, w, 4).Owns(hash));
        }

        Assert.All(perShard, count => Assert.InRange(count, 50, 160));
        Assert.All(perWorker, count => Assert.InRange(count, 6000, 6800));
    }

    public void Dispose() => _pool.Dispose();

    private static FrameBuilder Tunnel() => FrameBuilder.Ethernet(Peer, Uplink)
        .Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42).InnerEthernet(Far, Lan);

    private ulong Hash(string port, FrameBuilder frame)
    {
        FrameDescriptor loaded = Load(port, frame);
        ulong[] hash = new ulong[1];
        _steering.Hash(new ReadOnlySpan<FrameDescriptor>(in loaded), hash);
        _pool.Return(loaded);
        return hash[0];
    }

    private FrameDescriptor Load(string port, FrameBuilder frame) => Load(port, frame.Build());

    private FrameDescriptor Load(string port, byte[] bytes)
    {
        Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
        frame.Port = (ushort)Array.IndexOf(["lan", "near", "uplink"], port);
        bytes.CopyTo(_pool.Frame(frame));
        return frame;
    }
}
