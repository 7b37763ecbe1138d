using VxlanEngine.Overlay;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

/// <summary>When a host says what of its groups (RFC 2236, 3376, 3810).</summary>
public sealed class MembershipTableTests
{
    private const long Ms = 1_000_000;
    private const long Second = 1000 * Ms;

    private static readonly IpAddress A = IpAddress.Parse("239.1.1.1");
    private static readonly IpAddress B = IpAddress.Parse("239.1.1.2");
    private static readonly IpAddress C = IpAddress.Parse("ff05::1:3");
    private static readonly IpAddress All = IpAddress.Parse("0.0.0.0");
    private static readonly IpAddress All6 = IpAddress.Parse("::");

    private readonly MembershipTable _table = new(key: 5);
    private readonly Link _link = new();

    [Fact]
    public void Joining_is_said_at_once_and_once_more_within_a_second_and_so_is_leaving()
    {
        Revise(0, (1, A));
        Tend(0);
        Assert.Equal(["Joined 239.1.1.1 v3"], _link.Take());
        Assert.InRange(_table.NextNs, 0, Second);
        Tend(Second);
        Assert.Equal(["Joined 239.1.1.1 v3"], _link.Take());
        Assert.Equal(long.MaxValue, _table.NextNs);

        Revise(5 * Second);
        Tend(5 * Second);
        Tend(6 * Second);
        Assert.Equal(["Left 239.1.1.1 v3", "Left 239.1.1.1 v3"], _link.Take());
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_group_is_one_of_a_port_and_what_stays_is_not_said_again()
    {
        Revise(0, (1, A), (2, A));
        Tend(0, Second);
        Assert.Equal(4, _link.Take().Length);
        Revise(2 * Second, (2, A), (2, B));
        Tend(2 * Second);
        Assert.Equal(["Left 239.1.1.1 v3", "Joined 239.1.1.2 v3"], _link.Take());
    }

    [Fact]
    public void Who_joins_again_while_leaving_is_a_member_and_who_leaves_at_once_says_so()
    {
        Revise(0, (1, A));
        Tend(0);
        Revise(1);
        Tend(1);
        Revise(2, (1, A));
        Tend(2, Second, 2 * Second);
        Assert.Equal(
            ["Joined 239.1.1.1 v3", "Left 239.1.1.1 v3", "Joined 239.1.1.1 v3", "Joined 239.1.1.1 v3"], _link.Take());
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void A_port_that_is_gone_says_nothing_more()
    {
        Revise(0, (1, A));
        Tend(0, Second);
        _link.Take();
        _table.Revise(new HashSet<(int, IpAddress)>(), port => false, 2 * Second);
        Tend(2 * Second);
        Assert.Empty(_link.Take());
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_question_about_all_is_answered_for_each_group_of_the_port_and_family_in_the_time_that_it_allows()
    {
        Join((1, A), (1, B), (2, A), (1, C));
        Assert.True(_table.TryHear(1, Query(All), 10 * Second));
        Assert.InRange(_table.NextNs, 10 * Second, 20 * Second);
        Tend(20 * Second);
        Assert.Equal(["1 Current 239.1.1.1 v3", "1 Current 239.1.1.2 v3"], _link.TakeWithPorts());
        Assert.True(_table.TryHear(1, Query(All6), 30 * Second));
        Tend(40 * Second);
        Assert.Equal(["1 Current ff05::1:3 v3"], _link.TakeWithPorts());
        Assert.False(_table.TryHear(2, Query(All6), 50 * Second));
        Assert.False(_table.TryHear(3, Query(All), 50 * Second));
        Assert.Equal(long.MaxValue, _table.NextNs);
    }

    [Fact]
    public void A_question_about_a_group_is_answered_by_its_members_alone()
    {
        Join((1, A), (1, B));
        Assert.True(_table.TryHear(1, Query(B), 10 * Second));
        Tend(20 * Second);
        Assert.Equal(["Current 239.1.1.2 v3"], _link.Take());
        Assert.True(_table.TryHear(1, Query(IpAddress.Parse("239.9.9.9")), 30 * Second));
        Assert.Equal(long.MaxValue, _table.NextNs);
    }

    [Fact]
    public void An_answer_that_is_due_sooner_stays_and_one_answers_both_questions()
    {
        Join((1, A));
        _table.TryHear(1, Query(All) with { MaxResponseNs = Second }, 0);
        long due = _table.NextNs;
        _table.TryHear(1, Query(A) with { MaxResponseNs = 1000 * Second }, 1);
        Assert.Equal(due, _table.NextNs);
        _table.TryHear(1, Query(A) with { MaxResponseNs = 0 }, 2);
        Assert.Equal(2, _table.NextNs);
        Tend(2, 2000 * Second);
        Assert.Equal(["Current 239.1.1.1 v3"], _link.Take());
    }

    [Fact]
    public void Delays_are_spread_over_the_time_that_is_allowed()
    {
        Join([.. Enumerable.Range(0, 64).Select(i => (1, IpAddress.Parse($"239.2.0.{i}")))]);
        _table.TryHear(1, Query(All), 0);
        var times = new List<long>();
        while (_table.NextNs != long.MaxValue)
        {
            times.Add(_table.NextNs);
            Tend(_table.NextNs);
        }

        Assert.Equal(64, _link.Take().Length);
        Assert.True(times[0] < 2 * Second && times[^1] is > 8 * Second and <= 10 * Second);
        Assert.True(times.Count > 60);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_older_querier_is_talked_to_in_its_version_until_it_has_been_silent_for_260_seconds(int version)
    {
        Join((1, A), (1, C));
        _table.TryHear(1, Query(All) with { Version = version }, 0);
        Tend(10 * Second);
        Assert.Equal([$"Current 239.1.1.1 v{version}"], _link.Take());

        // The other family has queriers of its own.
        _table.TryHear(1, Query(All6), 11 * Second);
        Tend(21 * Second);
        Assert.Equal(["Current ff05::1:3 v3"], _link.Take());

        _table.TryHear(1, Query(All), (260 * Second) - 1);
        Tend((260 * Second) - 1, 260 * Second);
        _table.TryHear(1, Query(All), 300 * Second);
        Tend(310 * Second);
        Assert.Equal("Current 239.1.1.1 v3", _link.Take()[^1]);
    }

    [Fact]
    public void Before_version_3_joining_is_repeated_within_ten_seconds_and_leaving_is_said_once()
    {
        Join((1, A));
        _table.TryHear(1, Query(All) with { Version = 2, MaxResponseNs = 0 }, 0);
        Tend(0);
        _link.Take();
        Revise(Second, (1, B));
        Tend(Second);
        Assert.Equal(["Left 239.1.1.1 v2", "Joined 239.1.1.2 v2"], _link.Take());
        Assert.InRange(_table.NextNs, Second, 11 * Second);
        Tend(11 * Second, 30 * Second);
        Assert.Equal(["Joined 239.1.1.2 v2"], _link.Take());

        // Version 1 has no word for leaving.
        _table.TryHear(1, Query(All) with { Version = 1, MaxResponseNs = 0 }, 40 * Second);
        Tend(40 * Second);
        Assert.Equal(["Current 239.1.1.2 v1"], _link.Take());
        Revise(41 * Second);
        Tend(41 * Second);
        Assert.Empty(_link.Take());
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Another_hosts_report_is_enough_where_routers_do_not_count_hosts()
    {
        Join((1, A));
        var report = new MembershipNews(false, IpFamily.V4, A, 2);
        _table.TryHear(1, Query(All), 0);
        Assert.True(_table.TryHear(1, report, 1));
        Tend(10 * Second);
        Assert.Equal(["Current 239.1.1.1 v3"], _link.Take());
        _table.TryHear(1, Query(All) with { Version = 2 }, 20 * Second);
        Assert.True(_table.TryHear(1, report, 20 * Second));
        Tend(40 * Second);
        Assert.Empty(_link.Take());
    }

    [Fact]
    public void The_queriers_robustness_says_how_often_a_change_is_said()
    {
        Join((1, A));
        _table.TryHear(1, Query(B) with { Robustness = 4 }, 0);
        Revise(Second, (1, A), (1, B));
        Tend([.. Enumerable.Range(1, 20).Select(i => i * Second)]);
        Assert.Equal(Enumerable.Repeat("Joined 239.1.1.2 v3", 4), _link.Take());
    }

    private static MembershipNews Query(IpAddress group) =>
        new(true, group.Family, group, 3, MaxResponseNs: 10 * Second, Robustness: 2, IntervalNs: 125 * Second);

    private void Join(params (int Port, IpAddress Group)[] groups)
    {
        Revise(-100 * Second, groups);
        Tend(-100 * Second, -90 * Second);
        Assert.Equal(2 * groups.Length, _link.Take().Length);
    }

    private void Revise(long nowNs, params (int Port, IpAddress Group)[] groups) =>
        _table.Revise(groups.ToHashSet(), port => true, nowNs);

    private void Tend(params long[] times)
    {
        foreach (long time in times)
        {
            _table.Tend(time, _link);
        }
    }

    private sealed class Link : IMembershipLink
    {
        private readonly List<(int Port, string Text)> _said = [];

        public string[] Take() => [.. TakeAll().Select(s => s.Text)];

        public string[] TakeWithPorts() => [.. TakeAll().Select(s => $"{s.Port} {s.Text}")];

        public void Report(GroupMembership membership, MembershipKind kind, int version) =>
            _said.Add((membership.Port, $"{kind} {membership.Group} v{version}"));

        private (int Port, string Text)[] TakeAll()
        {
            (int Port, string Text)[] said = [.. _said];
            _said.Clear();
            return said;
        }
    }
}
