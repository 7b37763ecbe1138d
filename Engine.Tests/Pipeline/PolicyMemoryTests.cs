using System.Runtime.CompilerServices;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>No switch grows for ever because its policy goes on changing, or senders make up addresses.</summary>
public sealed class PolicyMemoryTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly MemoryPort _b = new();
    private readonly SwitchCore _core;
    private int _taken;
    private long _nowNs = 1_700_000_000 * Second;

    public PolicyMemoryTests()
    {
        var sink = new PortSink(new Dictionary<int, IPacketPort> { [1] = _b }, 2048);
        _core = new SwitchCore(SwitchBench.PolicyOf(), new SwitchLimits { FlowPairs = 1024 }, 16, 2048, sink);
    }

    public void Dispose()
    {
        Assert.True(_core.ReadCounters().AddsUp);
        _core.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void What_only_rules_of_older_policies_needed_goes_and_the_latest_of_their_counts_stay()
    {
        const int Policies = 5000;
        for (int i = 0; i < Policies; i++)
        {
            Assert.True(_core.Apply(SwitchBench.PolicyOf(
                On("a", "limit", 1, Out(Rule($"limit-{i}", new RuleAction.RateLimit
                {
                    PacketsPerSecond = 100,
                    Burst = TimeSpan.FromSeconds(1),
                }))),
                On("a", "meter", 2, Out(Rule($"meter-{i}", new RuleAction.Meter { Name = $"meter-{i}" }))),
                On("a", "nat", 3, Out(Rule($"pool-{i}", Pool("203.0.113.1", 5000, 5999)))))));
            Send(i);
            _nowNs += 600 * Second;
            Assert.InRange(_core.State.HolderCount, 2, 8);
        }

        Assert.Equal(Policies, _taken);
        Assert.InRange(_core.State.RuleCounters.Count, SwitchState.MaxUnnamed / 2, SwitchState.MaxUnnamed + 3);
        Assert.InRange(_core.State.Meters.Count, SwitchState.MaxUnnamed / 2, SwitchState.MaxUnnamed + 1);
        KeyValuePair<string, long>[] latest = [.. _core.ReadCounters().Rules.TakeLast(3 * 600)];
        Assert.All(latest, rule => Assert.Equal(1, rule.Value));
        Assert.Equal($"limit/out/limit-{Policies - 600}", latest[0].Key);
        Assert.Equal($"nat/out/pool-{Policies - 1}", latest[^1].Key);
        Assert.DoesNotContain(_core.ReadCounters().Rules, rule => rule.Key == "limit/out/limit-0");
    }

    /// <summary>Though a flow goes on all the time, whose packets are decided by one policy after another.</summary>
    [Fact]
    public void Old_policies_are_garbage()
    {
        WeakReference[] old = [.. Enumerable.Range(0, 20).Select(ApplyAndSend)];
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(old.Count(policy => policy.IsAlive), 1, 2);
        Assert.Equal(1, _core.ReadCounters().FlowsActive);
    }

    [Fact]
    public void Tunnels_to_anywhere_are_not_kept_for_ever()
    {
        SwitchPolicy policy = UnderlayRouteTests.RoutedByDefault;
        var snapshot = new PolicySnapshot(policy, 1, 0, new NameDirectory(), new NameDirectory());
        var neighbors = new NeighborTable(1, 1);
        TunnelOptions options = policy.Networks[0].Tunnel;
        var first = new Ipv4Address(0x0b00_0000);
        for (uint i = 0; i < 65_536; i++)
        {
            Assert.NotNull(Tunnel(new Ipv4Address(0x0b00_0000 + i)));
        }

        Assert.Same(Tunnel(first), Tunnel(first));
        Assert.True(IsUsed(first));
        Assert.NotNull(Tunnel(new Ipv4Address(0x0c00_0000)));
        Assert.False(IsUsed(first));
        Assert.True(IsUsed(new Ipv4Address(0x0c00_0000)));
        Assert.Same(Tunnel(first), Tunnel(first));

        TunnelTemplate? Tunnel(IpAddress remote) =>
            snapshot.Tunnel(new Vni(1), null, remote, options, 0, neighbors, 0, out _);

        bool IsUsed(IpAddress remote) =>
            snapshot.HasTunnel(IpAddress.Parse(Green.Vtep), remote, options.UdpPort, new Vni(1));
    }

    [Fact]
    public void Names_of_ports_that_numbers_do_not_suffice_for_are_refused()
    {
        var names = new NameDirectory();
        for (int i = 0; i < PolicySnapshot.MaxPortNames; i++)
        {
            names.GetOrAdd($"gone-{i}");
        }

        PolicyException e = Assert.Throws<PolicyException>(
            () => new PolicySnapshot(SwitchBench.PolicyOf(), 1, 0, names, new NameDirectory()));
        Assert.Contains("65540 names of ports", e.Message, StringComparison.Ordinal);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference ApplyAndSend(int number)
    {
        Assert.True(_core.Apply(SwitchBench.PolicyOf(
            On("a", "acl", 1, Out(Rule($"all-{number}", Allow))).Stateful())));
        for (int i = 0; i < 3; i++)
        {
            Send(7);
        }

        return new WeakReference(_core.Processor.Snapshot);
    }

    private void Send(int port)
    {
        byte[] bytes = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1024 + port, 53).Build();
        Assert.True(_core.Pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(_core.Pool.Frame(frame));
        frame.TimeNs = _nowNs;
        _core.Process([frame]);
        _taken += _b.TryTake(out _) ? 1 : 0;
    }
}
