using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

/// <summary>Next hops from the first question to their end, by a clock that the test turns.</summary>
public sealed class NeighborTableTests
{
    private const long Second = 1_000_000_000;

    private static readonly IpAddress Us = IpAddress.Parse("172.31.0.1");
    private static readonly IpAddress Peer = IpAddress.Parse("172.31.0.2");
    private static readonly MacAddress PeerMac = MacAddress.Parse("02:aa:00:00:00:02");
    private static readonly MacAddress OtherMac = MacAddress.Parse("02:aa:00:00:00:22");

    private readonly Link _link = new();
    private readonly HostTables _host = new();
    private readonly NeighborTable _table;

    public NeighborTableTests() => _table = new NeighborTable(capacity: 2, waitingCapacity: 5, _host);

    [Fact]
    [Trait("Scenario", "VE15")]
    public void A_neighbour_is_asked_for_three_times_a_second_apart_however_many_packets_come()
    {
        for (int tick = 0; tick < 35; tick++)
        {
            UseAndTend(tick * Second / 10);
        }

        Assert.Equal(["0 ask all", "1 ask all", "2 ask all"], _link.Log);
    }

    [Fact]
    [Trait("Scenario", "VE15")]
    public void Who_does_not_answer_is_left_alone_for_longer_each_time_up_to_thirty_seconds()
    {
        for (int tick = 0; tick < 2 * 130; tick++)
        {
            UseAndTend(tick * Second / 2);
        }

        // Three seconds of asking, then 1, 2, 4, 8, 16, 30 and 30 seconds of silence.
        int[] starts = [0, 4, 9, 16, 27, 46, 79, 112];
        Assert.Equal(starts.SelectMany(s => new[] { s, s + 1, s + 2 }).Select(s => $"{s} ask all"), _link.Log);
    }

    [Fact]
    [Trait("Scenario", "VE15")]
    public void Frames_wait_in_order_and_the_oldest_gives_way_to_the_fourth()
    {
        UseAndTend(0);
        for (uint id = 1; id <= 4; id++)
        {
            Assert.True(_table.TryHold(Frame(id), _link));
        }

        Assert.True(_table.TryHear(0, News(PeerMac), Second / 2));
        _table.Tend(Second / 2, _link);
        Assert.Equal(
            [
                "0 ask all", "0 drop 1", "0 send 2 02:aa:00:00:00:02", "0 send 3 02:aa:00:00:00:02",
                "0 send 4 02:aa:00:00:00:02",
            ],
            _link.Log);
        Assert.Equal(0, _table.Waiting);
    }

    [Fact]
    public void Frames_are_dropped_when_nobody_answers()
    {
        UseAndTend(0);
        Assert.True(_table.TryHold(Frame(1), _link));
        Tend(1, 2, 3);
        Assert.Equal(["0 ask all", "1 ask all", "2 ask all", "3 drop 1"], _link.Log);
        Assert.Equal(0, _table.Waiting);
        Assert.Null(Use(3 * Second));
    }

    [Fact]
    public void All_neighbours_together_hold_no_more_frames_than_they_may()
    {
        IpAddress second = IpAddress.Parse("172.31.0.3");
        Use(0);
        _table.Use(0, Us, second, 0);
        for (uint id = 1; id <= 3; id++)
        {
            Assert.True(_table.TryHold(Frame(id), _link));
            Assert.True(_table.TryHold(Frame(id + 10, second), _link));
        }

        Assert.Equal(["0 drop 11"], _link.Log);
        Assert.Equal(5, _table.Waiting);
    }

    [Fact]
    public void A_confirmed_neighbour_is_asked_again_by_itself_once_it_is_used_after_a_minute()
    {
        Resolve();
        uint version = _table.Version;
        Tend(59);
        Assert.Equal((version, NeighborState.Reachable), (_table.Version, Use(59 * Second)!.State));
        Tend(61);
        Assert.NotEqual(version, _table.Version);
        UnderlayNeighbor stale = UseAndTend(62 * Second)!;
        Assert.Equal((NeighborState.Probe, PeerMac), (stale.State, stale.Mac));
        Assert.Equal(["62 ask 02:aa:00:00:00:02"], _link.Log);
        Assert.True(_table.TryHear(0, News(PeerMac), 62 * Second));
        Assert.Equal(NeighborState.Reachable, Use(62 * Second)!.State);
        Tend(63, 64, 65, 66);
        Assert.Single(_link.Log);
    }

    [Fact]
    public void A_neighbour_that_is_not_confirmed_any_more_is_asked_for_anew()
    {
        Resolve();
        Tend(61);
        UseAndTend(62 * Second);
        uint version = _table.Version;
        Tend(63, 64, 65);
        Assert.Equal(
            ["62 ask 02:aa:00:00:00:02", "63 ask 02:aa:00:00:00:02", "64 ask 02:aa:00:00:00:02"], _link.Log);
        Assert.Equal(0, _table.Count);
        Assert.NotEqual(version, _table.Version);
        Assert.True(UseAndTend(65 * Second)!.Mac.IsZero);
        Assert.Equal("65 ask all", _link.Log[^1]);
    }

    [Fact]
    public void An_entry_that_nobody_uses_ends()
    {
        Resolve();
        Tend(61, 122);
        Assert.Equal(0, _table.Count);
        Assert.Empty(_link.Log);
    }

    [Fact]
    [Trait("Scenario", "VE16")]
    public void A_changed_address_takes_the_place_of_the_known_one_unless_it_is_not_to_override()
    {
        Resolve();
        uint version = _table.Version;
        Assert.True(_table.TryHear(0, News(OtherMac) with { IsOverride = false }, Second));
        Assert.Equal(PeerMac, Use(Second)!.Mac);
        Assert.Equal(NeighborState.Probe, Use(Second)!.State);
        Assert.NotEqual(version, _table.Version);

        version = _table.Version;
        Assert.True(_table.TryHear(0, News(OtherMac), 2 * Second));
        Assert.Equal((OtherMac, NeighborState.Reachable), (Use(2 * Second)!.Mac, Use(2 * Second)!.State));
        Assert.NotEqual(version, _table.Version);
    }

    [Fact]
    public void A_solicitation_tells_the_address_but_not_that_the_sender_hears()
    {
        UseAndTend(0);
        Assert.True(_table.TryHear(0, News(PeerMac) with { IsConfirmed = false }, Second / 2));
        UnderlayNeighbor neighbor = UseAndTend(Second / 2)!;
        Assert.Equal((PeerMac, NeighborState.Probe), (neighbor.Mac, neighbor.State));
        Assert.Equal(["0 ask all", "0 ask 02:aa:00:00:00:02"], _link.Log);
    }

    [Fact]
    public void What_is_heard_of_others_makes_no_entry()
    {
        Assert.False(_table.TryHear(0, News(PeerMac), 0));
        Use(0);
        Assert.False(_table.TryHear(1, News(PeerMac), 0));
        Assert.True(Use(0)!.Mac.IsZero);
    }

    [Fact]
    public void A_full_table_takes_nobody()
    {
        Use(0);
        Assert.NotNull(_table.Use(1, Us, Peer, 0));
        Assert.Null(_table.Use(2, Us, Peer, 0));
        Assert.Equal(2, _table.Count);
        Assert.Null(new NeighborTable(0, 1).Use(0, Us, Peer, 0));
    }

    [Fact]
    public void Entries_that_a_policy_ends_drop_what_waits()
    {
        UseAndTend(0);
        Assert.True(_table.TryHold(Frame(1), _link));
        _table.Retain(n => n.Port != 0, _link);
        Assert.Equal(["0 ask all", "0 drop 1"], _link.Log);
        Assert.Equal((0, 0), (_table.Count, _table.Waiting));
    }

    [Fact]
    public void What_the_machine_knows_is_used_at_once_and_it_is_told_so_where_it_wants_to_know()
    {
        _host.Bind(0, 7);
        _host.SetNeighbor(Known(PeerMac));
        Assert.Equal((PeerMac, NeighborState.Reachable), StateOf(UseOfHost(0)));
        Assert.Empty(_link.Log);

        uint version = _table.Version;
        _table.Follow(0, Known(PeerMac, HostNeighborState.Stale), 0, _link);
        Assert.NotEqual(version, _table.Version);
        UseOfHost(1);
        Assert.Equal(["1 ask 02:aa:00:00:00:02"], _link.Log);
        version = _table.Version;
        Assert.Equal((PeerMac, NeighborState.Reachable), StateOf(UseOfHost(2)));
        Tend(3, 4, 5, 10);
        Assert.Equal((1, version), (_link.Log.Count, _table.Version));
    }

    [Fact]
    public void Who_the_machine_does_not_know_is_asked_for_and_waited_for()
    {
        Assert.True(UseOfHost(0)!.Mac.IsZero);
        Assert.True(_table.TryHold(Frame(1), _link));
        Assert.False(_table.TryHear(0, News(OtherMac), Second)); // The machine hears it too, and decides.
        _table.Follow(0, Known(default, HostNeighborState.Unknown), Second, _link);
        _table.Follow(0, Known(PeerMac), Second, _link);
        Tend(1);
        Assert.Equal(["0 ask all", "1 send 1 02:aa:00:00:00:02"], _link.Log);
    }

    [Fact]
    public void A_neighbour_that_the_machine_knows_by_another_address_or_no_more_is_followed_at_once()
    {
        UseOfHost(0);
        _table.Follow(0, Known(PeerMac), 0, _link);
        uint version = _table.Version;
        _table.Follow(0, Known(OtherMac), 0, _link);
        Assert.NotEqual(version, _table.Version);
        Assert.Equal(OtherMac, UseOfHost(0)!.Mac);

        version = _table.Version;
        _table.Follow(0, Known(default, HostNeighborState.Unknown), 0, _link);
        Assert.Equal(0, _table.Count);
        Assert.NotEqual(version, _table.Version);
        UseOfHost(2);
        Assert.Equal(["0 ask all", "2 ask all"], _link.Log);
    }

    [Fact]
    public void What_the_machine_knows_when_it_is_read_anew_takes_the_place_of_what_it_knew()
    {
        _host.Bind(0, 7);
        _host.SetNeighbor(Known(PeerMac));
        UseOfHost(0);
        uint version = _table.Version;
        _table.FollowAll(0, _link);
        Assert.Equal(version, _table.Version);
        _host.SetNeighbors([Known(OtherMac)]);
        _table.FollowAll(0, _link);
        Assert.Equal(OtherMac, UseOfHost(0)!.Mac);
        _host.SetNeighbors([]);
        _table.FollowAll(0, _link);
        Assert.Equal(0, _table.Count);
        Assert.Empty(_link.Log);
    }

    private static (MacAddress Mac, NeighborState State) StateOf(UnderlayNeighbor? neighbor) =>
        (neighbor!.Mac, neighbor.State);

    private static HostNeighbor Known(MacAddress mac, HostNeighborState state = HostNeighborState.Known) =>
        new(7, Peer, mac, state);

    private static NeighborNews News(MacAddress mac) =>
        new(Peer, mac, Us, IsAnnouncement: false, IsConfirmed: true, IsOverride: true);

    private static WaitingFrame Frame(uint id, IpAddress? to = null)
    {
        TunnelTemplate tunnel = VxlanEncapsulation.CreateTemplate(
            new Vni(1), Us, to ?? Peer, TunnelOptions.Default, uplink: 0, OtherMac, default);
        return new WaitingFrame(new FrameDescriptor { PacketId = id }, 0, tunnel, 0);
    }

    private UnderlayNeighbor? Use(long nowNs) => _table.Use(0, Us, Peer, nowNs);

    private UnderlayNeighbor? UseOfHost(int second)
    {
        UnderlayNeighbor? neighbor = _table.Use(0, Us, Peer, second * Second, isHost: true);
        Tend(second);
        return neighbor;
    }

    private UnderlayNeighbor? UseAndTend(long nowNs)
    {
        UnderlayNeighbor? neighbor = Use(nowNs);
        _link.NowNs = nowNs;
        _table.Tend(nowNs, _link);
        return neighbor;
    }

    private void Tend(params int[] seconds)
    {
        foreach (int second in seconds)
        {
            _link.NowNs = second * Second;
            _table.Tend(second * Second, _link);
        }
    }

    private void Resolve()
    {
        UseAndTend(0);
        Assert.True(_table.TryHear(0, News(PeerMac), 0));
        _link.Log.Clear();
    }

    private sealed class Link : INeighborLink
    {
        public List<string> Log { get; } = [];

        public long NowNs { get; set; }

        public void Ask(UnderlayNeighbor neighbor) => Note($"ask {(neighbor.Mac.IsZero ? "all" : neighbor.Mac)}");

        public void Send(in WaitingFrame frame, MacAddress nextHop) => Note($"send {frame.Frame.PacketId} {nextHop}");

        public void Drop(in WaitingFrame frame) => Note($"drop {frame.Frame.PacketId}");

        private void Note(string what) => Log.Add($"{NowNs / Second} {what}");
    }
}
