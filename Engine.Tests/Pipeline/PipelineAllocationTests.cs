using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What the data path allocates once it is warm: nothing, from adapter to adapter.</summary>
/// <remarks>New flows, new datagrams and the memory port's own copies are not here: they allocate.</remarks>
public sealed class PipelineAllocationTests
{
    private static readonly SwitchPolicy FloodingPolicy = Green.Policy.With(n => n with
    {
        Broadcast = Flooding.Replicate,
        UnknownUnicast = Flooding.Replicate,
    });

    public static TheoryData<string> Frames => [.. All().Keys];

    [Theory]
    [MemberData(nameof(Frames))]
    public void Frame_of_known_kind_costs_no_byte(string name)
    {
        Case c = All()[name];
        var options = new VirtualSwitchOptions { BufferCount = 16, FrameCapacity = 2048 };
        using var vswitch = new VirtualSwitch(c.Policy, options);
        foreach (Port port in c.Policy.Ports)
        {
            vswitch.Attach(port.Name, new EndlessPort(port.Name == c.Port ? c.Frame : null));
        }

        Allocations.AssertNone(() => vswitch.Poll());

        SwitchCounters counters = vswitch.ReadCounters();
        long expected = c.Fate switch
        {
            VerdictKind.Forward => counters.Forwarded,
            VerdictKind.Drop => counters.Dropped,
            _ => counters.Consumed,
        };
        Assert.True(counters.AddsUp);
        Assert.True(counters.Received >= 2000, $"Only {counters.Received} frames were sent.");
        Assert.True(expected >= counters.Received, $"Only {expected} of {counters.Received} frames had the fate.");
    }

    /// <summary>An underlay of small packets, and no end of ICMP errors.</summary>
    private static SwitchPolicy Narrow(SwitchPolicy policy) => policy with
    {
        Ports = policy.Ports
            .Select(p => p with { IcmpErrorsPerSecond = int.MaxValue, Mtu = p.Kind == PortKind.Uplink ? 700 : 0 })
            .ToValueArray(),
        Networks = policy.Networks.Select(n => n with { Subnets = [] }).ToValueArray(),
    };

    private static Dictionary<string, Case> All()
    {
        byte[] inner = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Tcp(80, 1000).Payload(100).Build();
        byte[] flooded = FrameBuilder.Ethernet(MacC, Broadcast).Payload(46).Build();
        byte[] toC = FromA().Ipv4(IpA, IpC).Tcp(1000, 80).Payload(100).Build();
        byte[] spoofed = FrameBuilder.Ethernet(MacB, MacC).Payload(46).Build();
        byte[] solicitation = FromA("33:33:ff:00:00:06").Ipv6(Ip6A, "ff02::1:ff00:6", hopLimit: 255)
            .NeighborSolicitation(Ip6B, MacA).Build();
        SwitchPolicy stateless = Green.Policy;
        SwitchPolicy stateful = Green.Policy.WithLayers(Vnet with { Stateful = true });
        SwitchPolicy blocking = Green.Policy.WithLayers(Vnet with { Groups = [] });
        return new(StringComparer.Ordinal)
        {
            ["encap, stateless"] = Sends(stateless, "a", toC),
            ["encap, known flow"] = Sends(stateful, "a", toC),
            ["encap, over ipv6"] = Sends(stateful, "a", FromA(MacD).Ipv4(IpA, IpD).Udp(1, 2).Build()),
            ["encap, routed"] = Sends(stateful, "a", FromA(MacRouter).Ipv4(IpA, IpC).Udp(1, 2).Build()),
            ["encap, translated"] = Sends(Translating(stateful), "a", toC),
            ["encap, not ip"] = Sends(stateless, "a", FromA().Payload(46).Build()),
            ["local, known flow"] = Sends(stateful, "a", FromA(MacB).Ipv6(Ip6A, Ip6B).Udp(1, 2).Build()),
            ["decap, stateless"] = Sends(stateless, "up", Tunnelled(inner)),
            ["decap, known flow"] = Sends(stateful, "up", Tunnelled(inner)),
            ["decap, over ipv6"] = Sends(stateful, "up", Tunnelled(inner, source: VtepD)),
            ["flood"] = Sends(FloodingPolicy, "a", FromA(Broadcast).Ipv4(IpA, "10.0.2.255").Udp(1, 2).Build()),
            ["flood from a tunnel"] = Sends(FloodingPolicy, "up", Tunnelled(flooded)),
            ["drop, spoofed"] = Drops(stateless, "a", spoofed),
            ["drop, malformed"] = Drops(stateless, "up", Tunnelled(inner)[..70]),
            ["drop, unknown vni"] = Drops(stateless, "up", Tunnelled(inner, vni: 9)),
            ["drop, blocked"] = Drops(blocking, "a", toC),
            ["drop, too big, and told"] = Drops(
                Narrow(stateless), "a", FromA().Ipv4(IpA, IpC, dontFragment: true).Udp(1, 2).Payload(900).Build()),
            ["drop, too big in a tunnel, and told"] = Drops(
                Narrow(stateless).WithPort("a", p => p with { Mtu = 500 }),
                "up",
                Tunnelled(FrameBuilder.Ethernet(MacC, MacA)
                    .Ipv4(IpC, IpA, dontFragment: true).Udp(1, 2).Payload(600).Build())),
            ["fragments into a tunnel"] = Sends(
                Narrow(stateful), "a", FromA().Ipv4(IpA, IpC).Udp(1, 2).Payload(900).Build()),
            ["drop, no neighbour"] = Drops(stateless with { Neighbors = [] }, "a", toC),
            ["answered arp"] = Answers("a", FromA(Broadcast).ArpRequest(MacA, IpA, IpC).Build()),
            ["answered solicitation"] = Answers("a", solicitation),
            ["answered echo"] = Answers("up", Outer().IcmpEchoRequest(1, 1).Payload(20).Build()),
        };

        static Case Sends(SwitchPolicy policy, string port, byte[] frame) =>
            new(policy, port, frame, VerdictKind.Forward);

        static Case Drops(SwitchPolicy policy, string port, byte[] frame) => new(policy, port, frame, VerdictKind.Drop);

        static Case Answers(string port, byte[] frame) => new(Green.Policy, port, frame, VerdictKind.Consume);
    }

    private static SwitchPolicy Translating(SwitchPolicy policy) => policy.Plus(new Layer
    {
        Name = "nat",
        Ports = ["a"],
        Priority = 100,
        Stateful = true,
        Default = DefaultAction.Allow,
        Groups =
        [
            GroupOf(
                "out",
                Direction.Out,
                new RuleAction.DynamicNat { Addresses = "10.0.2.50" },
                new Match { Family = IpFamily.V4 }),
        ],
    });

    private sealed record Case(SwitchPolicy Policy, string Port, byte[] Frame, VerdictKind Fate);

    /// <summary>Sends one frame for ever, one a burst, and takes whatever comes.</summary>
    private sealed class EndlessPort(byte[]? frame) : IPacketPort
    {
        private long _timeNs;

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
        {
            if (frame is null || !pool.TryRent(frame.Length, out burst[0]))
            {
                return 0;
            }

            burst[0].TimeNs = _timeNs += 1000;
            frame.CopyTo(pool.Frame(burst[0]));
            return 1;
        }

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
        {
            foreach (ref readonly FrameDescriptor sent in burst)
            {
                pool.Return(sent);
            }

            return burst.Length;
        }

        public void Dispose()
        {
        }
    }
}
