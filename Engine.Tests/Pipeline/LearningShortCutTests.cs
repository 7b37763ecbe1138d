using VxlanEngine.Overlay;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Short cuts see stations come, move and go as the long way does.</summary>
public sealed class LearningShortCutTests
{
    private const long Second = 1_000_000_000;

    private static readonly string[] PortNames = ["a", "b", "up"];

    private static readonly SwitchPolicy Policy = Green.Policy
        .With(n => n with
        {
            Broadcast = Flooding.Replicate,
            UnknownUnicast = Flooding.Replicate,
            Learning = new Learning { Limit = 12, Age = TimeSpan.FromSeconds(40) },
        })
        .WithPort("b", p => p with { SourceGuard = false });

    [Theory]
    [InlineData(1, false, 0)]
    [InlineData(2, true, 0)]
    [InlineData(3, false, 1000)]
    public void Any_course_of_stations_fares_alike_on_both_ways(int seed, bool isStateful, int newFlows)
    {
        SwitchPolicy policy = Policy.WithLayers(Vnet with { Stateful = isStateful });
        policy = newFlows == 0 ? policy : policy.WithPort("up", p => p with
        {
            Rates = new PortRates { NewFlowsPerSecond = newFlows, FloodsPerSecond = 20 },
        });
        using var shortWay = new Bench(policy, null);
        using var longWay = new Bench(policy, new Silence());
        var random = new Random(seed);
        long nowNs = 1_700_000_000 * Second;
        for (int i = 0; i < 4000; i++)
        {
            nowNs += random.Next(100) switch { 0 => 60 * Second, < 3 => 7 * Second, _ => Second / 200 };
            (string port, byte[] frame) = Frame(random);
            for (int times = random.Next(1, 4); times > 0; times--)
            {
                Assert.Equal(longWay.Send(port, frame, nowNs), shortWay.Send(port, frame, nowNs));
            }
        }

        CounterText.AssertEqual(longWay.Switch.ReadCounters(), shortWay.Switch.ReadCounters());
        StationCounters stations = Assert.Single(shortWay.Switch.ReadCounters().Stations).Value;
        Assert.True(stations is { Moved: > 50, Aged: > 10, Evicted: > 50 }, $"{stations.Moved} {stations.Aged}");
        Assert.Equal(0, longWay.Switch.FastPathHits);
        Assert.True(shortWay.Switch.FastPathHits > 500, $"{shortWay.Switch.FastPathHits} short cuts");
    }

    [Fact]
    [Trait("Scenario", "FD06")]
    public void A_move_takes_effect_on_flows_of_both_directions_at_once()
    {
        using var bench = new Bench(Policy, null);
        byte[] to = FromA(Station(1)).Ipv4(IpA, "10.0.2.70").Udp(1, 2).Build();
        byte[] from = FrameBuilder.Ethernet(Station(1), MacA).Ipv4("10.0.2.70", IpA).Udp(2, 1).Build();
        foreach (string vtep in new[] { VtepC, VtepE, VtepC, VtepE })
        {
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal([$"a {Hex.Text(from)}"], bench.Send("up", Tunnelled(from, source: vtep), 0));
                string sent = Assert.Single(bench.Send("a", to, 0));
                string next = (vtep == VtepC ? MacVtepC : MacVtepE).Replace(":", "", StringComparison.Ordinal);
                Assert.StartsWith($"up {next}", sent, StringComparison.Ordinal);
            }
        }

        Assert.True(bench.Switch.FastPathHits >= 16, $"{bench.Switch.FastPathHits} short cuts");
        Assert.Equal(3, Assert.Single(bench.Switch.ReadCounters().Stations).Value.Moved);
        Assert.Equal(1, bench.Switch.ForgetStations(vtep: Ip(VtepE)));
        Assert.Equal(4, bench.Send("a", to, 0).Count);
    }

    private static string Station(int i) => $"02:00:00:00:00:{i:x2}";

    private static (string Port, byte[] Frame) Frame(Random random)
    {
        // Few stations speak often, many seldom.
        int station = random.Next(3) == 0 ? random.Next(40) : random.Next(6);
        string mac = Station(station);
        string address = $"10.0.2.{100 + station}";
        byte[] toA = FrameBuilder.Ethernet(mac, MacA).Ipv4(address, IpA).Udp(1000, 53).Build();
        return random.Next(6) switch
        {
            0 => ("b", toA),
            1 => ("up", Tunnelled(toA, source: random.Next(4) == 0 ? VtepE : VtepC)),
            2 => ("up", Tunnelled(FrameBuilder.Ethernet(MacC, mac).Ipv4(IpC, address).Udp(53, 1000).Build())),
            _ => ("a", FromA(mac).Ipv4(IpA, address).Udp(53, 1000).Build()),
        };
    }

    private sealed class Silence : IPacketObserver
    {
        public void OnPacket(PacketReport report, ReadOnlySpan<byte> frame)
        {
        }
    }

    private sealed class Bench : IDisposable
    {
        private readonly Dictionary<string, MemoryPort> _ports = new(StringComparer.Ordinal);

        public Bench(SwitchPolicy policy, IPacketObserver? observer)
        {
            Switch = new VirtualSwitch(policy, new VirtualSwitchOptions { BufferCount = 16, Observer = observer });
            foreach (string name in PortNames)
            {
                _ports.Add(name, new MemoryPort());
                Switch.Attach(name, _ports[name]);
            }
        }

        public VirtualSwitch Switch { get; }

        public List<string> Send(string port, byte[] frame, long timeNs)
        {
            _ports[port].Send(frame, timeNs);
            Assert.Equal(1, Switch.Poll());
            var left = new List<string>();
            foreach (string name in PortNames)
            {
                while (_ports[name].TryTake(out ReadOnlyMemory<byte> bytes))
                {
                    left.Add($"{name} {Hex.Text(bytes.Span)}");
                }
            }

            return left;
        }

        public void Dispose()
        {
            Assert.True(Switch.ReadCounters().AddsUp);
            Switch.Dispose();
            foreach (MemoryPort port in _ports.Values)
            {
                port.Dispose();
            }
        }
    }
}
