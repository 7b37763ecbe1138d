using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Wrappers;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests;

/// <summary>What adapters are told of multicast groups, and who says that they were joined.</summary>
public sealed class VirtualSwitchGroupTests
{
    private const long Second = 1_000_000_000;
    private const string LinkLocal = "fe80::aa:ff:fe00:1";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_adapter_is_told_of_the_groups_and_the_switch_reports_them_unless_it_does(bool says)
    {
        using var uplink = new GroupPort(says);
        using var wrapped = new FaultPort(uplink, new FaultOptions());
        using var a = new MemoryPort();
        using var b = new MemoryPort();
        using var vswitch = new VirtualSwitch(With("239.1.1.1", "239.1.1.1"), new VirtualSwitchOptions
        {
            BufferCount = 32,
            FrameCapacity = 2048,
            Clock = null,
        });
        vswitch.Attach("a", a);
        vswitch.Attach("b", b);
        vswitch.Attach("up", wrapped);
        Assert.Equal([Ip("239.1.1.1")], uplink.Groups);
        Send(1);
        Assert.Equal(says ? 0 : 1, uplink.Sent);

        Assert.True(vswitch.Apply(With("239.1.1.1", "ff05::9")));
        Assert.Equal([Ip("239.1.1.1"), Ip("ff05::9")], uplink.Groups);
        Assert.True(vswitch.Apply(Green.Policy));
        Assert.Empty(uplink.Groups);
        Send(100);
        Assert.True(vswitch.ReadCounters().AddsUp);
        Assert.Equal(says, uplink.Sent == 0);

        void Send(int seconds)
        {
            a.Send(FromA(MacB).Payload(46).Build(), seconds * Second);
            vswitch.Poll();
            Assert.True(b.TryTake(out _));
        }
    }

    [Theory]
    [InlineData("239.1.1.1", 3)]
    [InlineData("239.1.1.1", 2)]
    [InlineData("239.1.1.1", 1)]
    [InlineData("ff05::9", 3)]
    [InlineData("ff05::9", 2)]
    public void A_switch_that_says_goodbye_leaves_its_groups(string group, int version)
    {
        bool isV4 = Ip(group).Family == IpFamily.V4;
        using var a = new MemoryPort();
        using var uplink = new MemoryPort();
        using var vswitch = new VirtualSwitch(
            With(group, group), new VirtualSwitchOptions { BufferCount = 32, FrameCapacity = 2048, Clock = null });
        vswitch.Attach("a", a);
        vswitch.Attach("up", uplink);
        Send(1);
        uplink.Send(
            ((isV4, version) switch
            {
                (true, 3) => GroupFrames.Igmpv3Query("02:aa:00:00:00:fe", "172.31.9.254", robustness: 3),
                (true, _) => GroupFrames.IgmpQuery(
                    "02:aa:00:00:00:fe", "172.31.9.254", code: (byte)(version == 2 ? 10 : 0)),
                _ => GroupFrames.MldQuery("02:aa:00:00:00:fe", "fe80::1", isVersion2: version == 3),
            }).Build(),
            9 * Second);
        vswitch.Poll();
        Send(30);
        Taken();

        vswitch.SayGoodbye();
        string[] goodbye = Taken();
        string left = Hex.Text(((isV4, version) switch
        {
            (true, 3) => GroupFrames.Igmpv3Report(MacUplink, Vtep, GroupFrames.ChangeToInclude, group),
            (true, _) => GroupFrames.IgmpMessage(MacUplink, Vtep, GroupFrames.Leave, group),
            (_, 3) => GroupFrames.Mldv2Report(MacUplink, LinkLocal, GroupFrames.ChangeToInclude, group),
            _ => GroupFrames.MldMessage(MacUplink, LinkLocal, GroupFrames.ListenerDone, group),
        }).Build());
        Assert.Equal(version == 1 ? [] : new[] { left }, goodbye);

        // Whoever goes on has it said as often as the querier wants; in the older versions that is once.
        Send(32);
        Send(34);
        Send(36);
        int more = (isV4, version) switch { (true, 3) => 2, (_, 3) => 1, _ => 0 };
        Assert.Equal(Enumerable.Repeat(left, more), Taken());
        Assert.True(vswitch.Apply(With(group, "239.7.7.7")));
        Send(40);
        Assert.Empty(Taken());
        Assert.True(vswitch.ReadCounters().AddsUp);

        void Send(int seconds)
        {
            a.Send(FromA(MacB).Payload(46).Build(), seconds * Second);
            vswitch.Poll();
        }

        string[] Taken()
        {
            var frames = new List<string>();
            while (uplink.TryTake(out ReadOnlyMemory<byte> frame))
            {
                frames.Add(Hex.Text(frame.Span));
            }

            return [.. frames];
        }
    }

    [Fact]
    public void A_switch_that_has_said_nothing_says_no_goodbye()
    {
        using var uplink = new MemoryPort();
        using var vswitch = new VirtualSwitch(
            With("239.1.1.1", "239.1.1.1"),
            new VirtualSwitchOptions { BufferCount = 32, FrameCapacity = 2048, Clock = null });
        vswitch.Attach("up", uplink);
        vswitch.SayGoodbye();
        Assert.False(uplink.TryTake(out _));
        Assert.Equal(0, vswitch.ReadCounters().Generated);
    }

    [Fact]
    public void Workers_refuse_a_network_with_a_group()
    {
        NotSupportedException e = Assert.Throws<NotSupportedException>(() => new SwitchWorkers(
            With("239.1.1.1", "239.1.1.1"), 1, new Dictionary<string, IReadOnlyList<IPacketPort>>()));
        Assert.Contains("Network 'green' has a multicast group", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The network Green and another one, each with a group.</summary>
    private static SwitchPolicy With(string group, string second)
    {
        Network other = new() { Name = "second", Vni = new Vni(5002), MulticastGroup = Of(second) };
        SwitchPolicy policy = Green.Policy.With(n => n with { MulticastGroup = Of(group) });
        return policy with { Networks = [.. policy.Networks, other] };
    }

    private static MulticastGroup Of(string group) => new() { Address = Ip(group) };

    /// <summary>A port that notes what it is told.</summary>
    private sealed class GroupPort(bool says) : ILivePort, IMulticastPort
    {
        public IReadOnlyCollection<IpAddress> Groups { get; private set; } = [];

        public int Sent { get; private set; }

        public string Name => "group";

        public PortState State => PortState.Up;

        public string? Fault => null;

        public int Mtu => 1500;

        public int PollDescriptor => -1;

        public bool HasUnsent => false;

        public PortStatistics Statistics => new() { Sent = Sent };

        public bool SaysMemberships => says;

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst) => 0;

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
        {
            Sent += burst.Length;
            pool.Return(burst);
            return burst.Length;
        }

        public void SetGroups(IReadOnlyCollection<IpAddress> groups) => Groups = groups;

        public bool Maintain() => false;

        public void Dispose()
        {
        }
    }
}
