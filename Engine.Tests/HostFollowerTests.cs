using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Tests.Ports.Wrappers;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests;

/// <summary>A switch whose uplink follows the tables of a machine that the test plays.</summary>
public sealed class HostFollowerTests : IDisposable
{
    private const string Router = "172.31.9.254";
    private const string OtherRouter = "172.31.9.253";
    private const string MacOfRouter = "02:aa:00:00:00:fe";
    private const string MacOfOther = "02:aa:00:00:00:fd";

    private static readonly SwitchPolicy Following =
        (Green.Policy with { Neighbors = [] }).WithPort("up", p => p with { HostTables = true });

    private readonly PlayedMachine _machine = new();
    private readonly MemoryPort _port = new();
    private readonly WirePort _up = new() { Interface = "eth0", IsHeardByHost = true };
    private readonly VirtualSwitch _switch;

    public HostFollowerTests()
    {
        _machine.Routes.Add(RouteTo("0.0.0.0/0", Router));
        _machine.Neighbors.Add(NeighborAt(Router, MacOfRouter));
        _switch = new VirtualSwitch(Following) { HostSource = _machine.Open };
        _switch.Attach("a", _port);
    }

    [Fact]
    public void The_machines_routes_and_neighbours_lead_from_the_first_packet_on()
    {
        _switch.Attach("up", _up);
        Assert.Equal([MacOfRouter, MacOfRouter, MacOfRouter], Send(3));
        Assert.True(_switch.FastPathHits > 0, "The short way was not taken.");
        Assert.Empty(_machine.Asked);
        Assert.Equal([new HostTablesSummary("up", "eth0", 1, null)], _switch.ReadHostTables());
    }

    [Fact]
    public void A_changed_route_and_a_changed_neighbour_are_taken_by_the_very_next_packet()
    {
        _switch.Attach("up", _up);
        Send(3);
        _machine.Neighbors.Add(NeighborAt(OtherRouter, MacOfOther));
        Tell(HostChanges.Neighbors, NeighborAt(OtherRouter, MacOfOther));
        _machine.Routes.Add(RouteTo("172.31.9.0/24", OtherRouter));
        Tell(HostChanges.Routes);
        long hits = _switch.FastPathHits;
        Assert.Equal([MacOfOther, MacOfOther, MacOfOther], Send(3));
        Assert.True(_switch.FastPathHits > hits, "The short way was not taken again.");

        const string Moved = "02:aa:00:00:00:77";
        Tell(HostChanges.Neighbors, NeighborAt(OtherRouter, Moved));
        Assert.Equal([Moved], Send(1));
        _machine.Routes.Clear();
        Tell(HostChanges.Routes);
        Assert.Empty(Send(1));
        Assert.Equal(1, Dropped(DropReason.RouteUnknown));
    }

    [Fact]
    public void A_neighbour_that_the_machine_does_not_know_is_asked_for_by_it_and_packets_wait()
    {
        _machine.Neighbors.Clear();
        _switch.Attach("up", _up);
        Assert.Empty(Send(2));
        Assert.Equal([$"{PlayedMachine.Interface} {Router}"], _machine.Asked);
        Assert.Equal(2, _switch.ReadCounters().Held);
        Tell(HostChanges.Neighbors, NeighborAt(Router, MacOfRouter));
        Assert.Equal([MacOfRouter, MacOfRouter, MacOfRouter], Send(1));

        Tell(HostChanges.Neighbors, NeighborAt(Router, MacOfRouter) with { State = HostNeighborState.Unknown });
        Assert.Empty(Send(1));
        Assert.Equal(2, _machine.Asked.Count);
    }

    [Fact]
    public void Where_the_policy_says_it_itself_the_machine_is_not_heeded()
    {
        const string Named = "02:aa:00:00:00:55";
        _switch.Apply(Following with
        {
            Neighbors = [new Neighbor { Port = "up", Address = Ip(Router), Mac = Mac(Named) }],
        });
        _switch.Attach("up", _up);
        Assert.Equal([Named], Send(1));
        _machine.Routes[0] = RouteTo("0.0.0.0/0", OtherRouter);
        Tell(HostChanges.Routes | HostChanges.Neighbors, NeighborAt(OtherRouter, MacOfOther));
        Assert.Equal([MacOfOther], Send(1));
        _switch.Apply(Green.Policy);
        Assert.Equal([MacVtepC], Send(1));
        Assert.Empty(_switch.ReadHostTables());
        Assert.True(_machine.IsDisposed);
    }

    [Fact]
    public void After_an_overrun_everything_is_read_again()
    {
        _switch.Attach("up", _up);
        Send(1);
        _machine.Neighbors[0] = NeighborAt(Router, MacOfOther);
        Tell(HostChanges.Overrun);
        Assert.Equal([MacOfOther], Send(1));
        _machine.Neighbors.Clear();
        Tell(HostChanges.Overrun);
        Assert.Empty(Send(1));
        Assert.Single(_machine.Asked);
    }

    [Fact]
    public void A_lost_source_is_said_so_and_opened_again_while_packets_go_on()
    {
        _switch.Attach("up", _up);
        Send(1);
        _machine.Refusal = "host tables: no netlink today.";
        Tell(HostChanges.Lost);
        Assert.Equal([MacOfRouter], Send(1));
        Assert.NotNull(Fault());
        Maintain();
        Assert.Equal(_machine.Refusal, Fault());
        Assert.Equal([MacOfRouter], Send(1));
        _machine.Refusal = null;
        _machine.Neighbors[0] = NeighborAt(Router, MacOfOther);
        Maintain();
        Assert.Null(Fault());
        Assert.Equal([MacOfOther], Send(1));
    }

    [Fact]
    public void An_interface_that_comes_anew_is_followed_by_its_name()
    {
        _switch.Attach("up", _up);
        Send(1);
        _machine.Name = "gone";
        Tell(HostChanges.Routes);
        Assert.Empty(Send(1));
        Assert.Equal("host tables: the machine has no interface eth0.", Fault());
        _machine.Name = "eth0";
        Tell(HostChanges.Routes);
        Assert.Equal([MacOfRouter], Send(1));
        Assert.Null(Fault());
    }

    [Fact]
    public void What_cannot_be_done_is_said()
    {
        _up.Interface = null;
        _switch.Attach("up", _up);
        Assert.Contains("stands on no interface", Fault(), StringComparison.Ordinal);
        Assert.Empty(Send(1));
    }

    [Fact]
    public void That_the_machine_may_not_ask_is_said()
    {
        _machine.Neighbors.Clear();
        _machine.AskRefusal = "host tables: no permission.";
        _switch.Attach("up", _up);
        Send(1);
        Assert.Equal(_machine.AskRefusal, Fault());
    }

    [Fact]
    public void At_a_port_whose_frames_the_machine_does_not_hear_the_engine_is_to_ask()
    {
        _up.IsHeardByHost = false;
        _machine.Neighbors.Clear();
        _switch.Attach("up", _up);
        Assert.Contains("\"resolveNeighbors\" too", Fault(), StringComparison.Ordinal);
        _switch.Apply(Following.WithPort("up", p => p with { ResolveNeighbors = true }));
        Assert.Null(Fault());
        Assert.Equal([Broadcast], Send(1)); // The question.
        Assert.Empty(_machine.Asked);
    }

    public void Dispose()
    {
        _switch.Dispose();
        _port.Dispose();
        _up.Dispose();
        _machine.Dispose();
    }

    private static HostRoute RouteTo(string prefix, string via) =>
        new(IpPrefix.Parse(prefix), 0, PlayedMachine.Interface, Ip(via), null);

    private static HostNeighbor NeighborAt(string address, string mac) =>
        new(PlayedMachine.Interface, Ip(address), Mac(mac), HostNeighborState.Known);

    private string? Fault() => Assert.Single(_switch.ReadHostTables()).Fault;

    private long Dropped(DropReason reason) =>
        _switch.ReadCounters().DroppedByReason.SingleOrDefault(d => d.Key == reason).Value;

    /// <summary>Has the machine say something, and the switch read again what it then must.</summary>
    private void Tell(HostChanges changes, params HostNeighbor[] neighbors)
    {
        int reads = _machine.Reads;
        _machine.Enqueue(changes, neighbors);
        bool isRead = !changes.HasFlag(HostChanges.Routes) && !changes.HasFlag(HostChanges.Overrun);
        for (int i = 0; i < 1000 && !isRead; i++)
        {
            _switch.Wait(TimeSpan.FromMilliseconds(1));
            _switch.Poll();
            isRead = _machine.Reads > reads;
        }

        Assert.True(isRead, "The routes were not read again.");
    }

    private void Maintain()
    {
        Thread.Sleep(510); // Live ports are looked after twice a second.
        _switch.Poll();
    }

    /// <summary>Sends packets of one flow, one at a time.</summary>
    /// <returns>The MAC addresses that frames left to.</returns>
    private string[] Send(int count)
    {
        _up.Sent.Clear();
        for (int i = 0; i < count; i++)
        {
            _port.Send(FromA().Ipv4(IpA, IpC).Udp(1000, 53).Build(), WallClock.NowNs(TimeProvider.System));
            _switch.Wait(TimeSpan.Zero);
            _switch.Poll();
        }

        return [.. _up.Sent.Select(f => string.Join(':', f[..6].Select(b => $"{b:x2}")))];
    }
}
