using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Wrappers;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests;

/// <summary>What adapters are told of multicast groups, and who says that they were joined.</summary>
public sealed class VirtualSwitchGroupTests
{
    private const long Second = 1_000_000_000;

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
