using VxlanEngine.Classification;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>
/// A switch with the endpoints <c>a</c>, <c>b</c> and <c>c</c> on one network and a host port <c>tap</c>: frames go in
/// one at a time, and what comes out is held against what the observer is told.
/// </summary>
/// <remarks>
/// <c>a</c> has 10.0.0.1 and fd00::1, <c>b</c> .2, <c>c</c> .3; the gateway is .254. Endpoints that no layer is given
/// for allow everything. A second switch, which nobody observes, and which compiles its rules and takes short cuts,
/// gets the same frames: it must send the same ones and count the same. When the bench is disposed, all frames must
/// have been received and the counters must add up; it has few buffers, so that one that is lost shows.
/// </remarks>
internal sealed class SwitchBench : IPacketObserver, IDisposable
{
    public const string MacA = FrameBuilder.MacA;
    public const string MacB = FrameBuilder.MacB;
    public const string MacC = "02:00:00:00:00:0c";
    public const string MacRouter = "02:00:00:00:00:fe";

    private const long StartNs = 1_700_000_000_000_000_000;

    private static readonly string[] PortNames = ["a", "b", "c", "tap"];
    private static readonly string[] Endpoints = ["a", "b", "c"];

    private readonly VirtualSwitch _switch;
    private readonly VirtualSwitch _unobserved;
    private readonly Dictionary<string, MemoryPort> _ports = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MemoryPort> _unobservedPorts = new(StringComparer.Ordinal);
    private readonly List<Fate> _fates = [];
    private long _sent;
    private bool _isBroken;

    public SwitchBench(params Layer[] layers)
        : this(PolicyOf(layers))
    {
    }

    public SwitchBench(SwitchPolicy policy, SwitchLimits? limits = null)
    {
        var options = new VirtualSwitchOptions
        {
            BufferCount = 8,
            FrameCapacity = 2048,
            Limits = limits ?? new SwitchLimits(),
            Observer = this,
            Classifier = ClassifierKind.Linear,
        };
        _switch = new VirtualSwitch(policy, options);
        _unobserved = new VirtualSwitch(policy, options with { Observer = null, Classifier = ClassifierKind.Compiled });
        foreach (string name in PortNames)
        {
            Attach(_switch, _ports, name);
            Attach(_unobserved, _unobservedPorts, name);
        }
    }

    /// <summary>When the next frame arrives, counted from the start of the test.</summary>
    public TimeSpan Clock { get; set; }

    public uint Generation => _switch.Generation;

    public SwitchCounters Counters => _switch.ReadCounters();

    /// <summary>The bench's policy with these layers.</summary>
    public static SwitchPolicy PolicyOf(params Layer[] layers)
    {
        IEnumerable<string> bare = Endpoints.Where(e => !layers.Any(l => l.Ports.Contains(e)));
        return new SwitchPolicy
        {
            Ports =
            [
                Endpoint("a", MacA, "10.0.0.1", "fd00::1"),
                Endpoint("b", MacB, "10.0.0.2", "fd00::2"),
                Endpoint("c", MacC, "10.0.0.3", "fd00::3"),
                new Port { Name = "tap", Kind = PortKind.Host },
            ],
            Networks =
            [
                new Network
                {
                    Name = "net",
                    Vni = new Vni(5001),
                    Subnets = [IpPrefix.Parse("10.0.0.0/24"), IpPrefix.Parse("fd00::/64")],
                    Gateway = new Gateway
                    {
                        Addresses = [IpAddress.Parse("10.0.0.254"), IpAddress.Parse("fd00::fe")],
                        Mac = MacAddress.Parse(MacRouter),
                    },
                },
            ],
            Layers = [.. layers, .. bare.Select(e => PolicyParts.On(e, $"open-{e}", 1))],
        };
    }

    public bool Apply(params Layer[] layers) => Apply(PolicyOf(layers));

    public bool Apply(SwitchPolicy policy)
    {
        bool applied = _switch.Apply(policy);
        Assert.Equal(applied, _unobserved.Apply(policy));
        return applied;
    }

    public void Wait(double seconds) => Clock += TimeSpan.FromSeconds(seconds);

    public BenchOutcome Send(string port, FrameBuilder frame) => Send(port, frame.Build());

    /// <summary>Lets a frame arrive at a port, and tells what became of it.</summary>
    public BenchOutcome Send(string port, byte[] frame)
    {
        _fates.Clear();
        _sent++;
        long timeNs = StartNs + (Clock.Ticks * TimeSpan.NanosecondsPerTick);
        _ports[port].Send(frame, timeNs);
        _unobservedPorts[port].Send(frame, timeNs);
        try
        {
            Assert.Equal(1, _switch.Poll());
            Assert.Equal(1, _unobserved.Poll());
        }
        catch
        {
            _isBroken = true;
            throw;
        }

        AssertObserverSawWhatLeft();
        return new BenchOutcome([.. _fates]);
    }

    public long RulePackets(string id) => Counters.Rules.Single(r => r.Key == id).Value;

    public PortCounters CountersOf(string port) => Counters.Ports.Single(p => p.Key == port).Value;

    void IPacketObserver.OnPacket(PacketReport report, ReadOnlySpan<byte> frame)
    {
        var decisions = new List<string>();
        foreach (LayerDecision decision in report.Decisions)
        {
            string direction = decision.Direction == Direction.Out ? "out" : "in";
            string source = decision.Source.ToString().ToLowerInvariant();
            decisions.Add($"{_switch.PortName(decision.Port)} {direction} {decision} ({source})");
        }

        _fates.Add(new Fate(
            report.Verdict,
            report.Origin,
            report.Egress < 0 ? null : _switch.PortName(report.Egress),
            frame.ToArray(),
            report.FlowHit,
            report.Deciding?.ToString(),
            [.. decisions]));
    }

    public void Dispose()
    {
        SwitchCounters counters = _switch.ReadCounters();
        SwitchCounters unobserved = _unobserved.ReadCounters();
        _switch.Dispose();
        _unobserved.Dispose();
        if (_isBroken)
        {
            return; // What threw tells more.
        }

        Assert.Equal(_sent, counters.Received);
        Assert.True(counters.AddsUp, "The counters do not add up.");
        Assert.Equal(counters.Forwarded, counters.Ports.Sum(p => p.Value.Sent));
        CounterText.AssertEqual(counters, unobserved);
    }

    private static void Attach(VirtualSwitch vswitch, Dictionary<string, MemoryPort> ports, string name)
    {
        var port = new MemoryPort();
        ports.Add(name, port);
        vswitch.Attach(name, port);
    }

    private static Port Endpoint(string name, string mac, string v4, string v6) => new()
    {
        Name = name,
        Kind = PortKind.Endpoint,
        Network = "net",
        Mac = MacAddress.Parse(mac),
        Addresses = [IpAddress.Parse(v4), IpAddress.Parse(v6)],
        SourceGuard = false,
    };

    private void AssertObserverSawWhatLeft()
    {
        foreach ((string name, MemoryPort port) in _ports)
        {
            foreach (Fate fate in _fates.Where(f => f.Port == name))
            {
                Assert.True(port.TryTake(out ReadOnlyMemory<byte> taken), $"Nothing left through {name}.");
                Assert.Equal(Hex.Text(fate.Frame), Hex.Text(taken.Span));
                Assert.True(_unobservedPorts[name].TryTake(out taken), $"Nothing left through {name}, unobserved.");
                Assert.Equal(Hex.Text(fate.Frame), Hex.Text(taken.Span));
            }

            Assert.Equal(0, port.Available);
            Assert.Equal(0, _unobservedPorts[name].Available);
        }
    }
}
