using VxlanEngine.Flows;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>
/// The multicast groups that uplinks are members of, as a host says so to routers and switches by IGMP and MLD.
/// </summary>
/// <remarks>
/// <code>
/// joined: said at once, and Robustness − 1 times more; left: the same
/// query:  answered after a random part of the time that it allows, unless an answer is due sooner
/// </code>
/// Groups are joined whatever the source, so that no record has any. An older querier is talked to in its version
/// until it has been silent for long enough. Time is what it is told, as for <see cref="NeighborTable"/>. Thread: the
/// worker's.
/// </remarks>
/// <param name="key">Where random delays come from.</param>
internal sealed class MembershipTable(ulong key)
{
    private const long SecondNs = 1_000_000_000;

    // RFC 3376 §8 and RFC 3810 §9: Robustness Variable, Query Interval; Unsolicited Report Interval, and RFC 2236's.
    private const int DefaultRobustness = 2;
    private const long DefaultIntervalNs = 125 * SecondNs;
    private const long UnsolicitedReportNs = SecondNs;
    private const long OlderUnsolicitedReportNs = 10 * SecondNs;

    private readonly List<GroupMembership> _all = [];
    private readonly Dictionary<(int Port, IpFamily Family), Querier> _queriers = [];
    private ulong _numbers = key;
    private ulong _made;
    private long _nextNs = long.MaxValue;

    /// <summary>Number of groups that were joined, or are being left.</summary>
    public int Count => _all.Count;

    /// <summary>When <see cref="Tend"/> has something to do next.</summary>
    public long NextNs => _nextNs;

    /// <summary>Joins and leaves groups, so that uplinks are members of these and no others.</summary>
    /// <param name="wanted">Index of the uplink, and the group; each pair once.</param>
    /// <param name="isPort">Whether there is still a port of an index to say on that a group was left.</param>
    /// <param name="nowNs">The time.</param>
    public void Revise(IReadOnlySet<(int Port, IpAddress Group)> wanted, Predicate<int> isPort, long nowNs)
    {
        _all.RemoveAll(m => !isPort(m.Port));
        foreach (GroupMembership membership in _all)
        {
            if (membership.IsJoined != wanted.Contains((membership.Port, membership.Group)))
            {
                Change(membership, nowNs);
            }
        }

        foreach ((int port, IpAddress group) in wanted.Where(w => Find(w.Port, w.Group) is null))
        {
            var membership = new GroupMembership(port, group);
            _all.Add(membership);
            Change(membership, nowNs);
        }

        FindNext();
    }

    /// <summary>Heeds a query, or the report of another host.</summary>
    /// <returns>False when the uplink is a member of no group of the family, and it was for others.</returns>
    public bool TryHear(int port, in MembershipNews news, long nowNs)
    {
        IpFamily family = news.Family;
        if (!_all.Exists(m => m.Port == port && m.Group.Family == family))
        {
            return false;
        }

        if (!news.IsQuery)
        {
            // RFC 2236 §3, RFC 2710 §4: where routers know of groups and not of hosts, one host is enough.
            if (VersionAt(port, news.Family, nowNs) < 3 && Find(port, news.Group) is { IsJoined: true } known)
            {
                known.AnswerNs = long.MaxValue;
                Cancel(known);
                FindNext();
            }

            return true;
        }

        Querier querier = QuerierAt(port, news.Family);
        int before = querier.VersionAt(nowNs);
        querier.Heed(news, nowNs);
        bool isOther = querier.VersionAt(nowNs) != before;
        foreach (GroupMembership membership in _all)
        {
            if (membership.Port != port || membership.Group.Family != news.Family)
            {
                continue;
            }

            if (isOther)
            {
                // RFC 3376 §7.2.1: pending answers and repetitions end with the version that they were for.
                membership.AnswerNs = long.MaxValue;
                Cancel(membership);
            }

            if (membership.IsJoined && (news.Group.IsUnspecified || news.Group == membership.Group))
            {
                membership.AnswerNs = Math.Min(membership.AnswerNs, nowNs + Random(news.MaxResponseNs));
            }
        }

        _all.RemoveAll(IsDone);
        FindNext();
        return true;
    }

    /// <summary>Says what is due.</summary>
    public void Tend(long nowNs, IMembershipLink link)
    {
        if (nowNs < _nextNs)
        {
            return;
        }

        foreach (GroupMembership membership in _all)
        {
            int version = VersionAt(membership.Port, membership.Group.Family, nowNs);
            if (nowNs >= membership.ChangeNs)
            {
                MembershipKind kind = membership.IsJoined ? MembershipKind.Joined : MembershipKind.Left;

                // Before version 3 a group is left once, in version 1 without a word.
                if (membership.IsJoined || version > 1)
                {
                    link.Report(membership, kind, version);
                }

                membership.IsChangeSaid = true;
                bool isLast = --membership.ChangesLeft <= 0 || (!membership.IsJoined && version < 3);
                membership.ChangeNs = isLast
                    ? long.MaxValue
                    : nowNs + Random(version == 3 ? UnsolicitedReportNs : OlderUnsolicitedReportNs);
            }

            if (nowNs >= membership.AnswerNs)
            {
                membership.AnswerNs = long.MaxValue;
                link.Report(membership, MembershipKind.Current, version);
            }
        }

        _all.RemoveAll(IsDone);
        FindNext();
    }

    private static bool IsDone(GroupMembership membership) =>
        !membership.IsJoined && membership.ChangeNs == long.MaxValue;

    private static void Cancel(GroupMembership membership)
    {
        // That it was joined, or left, is said once at least.
        if (membership.IsChangeSaid)
        {
            membership.ChangeNs = long.MaxValue;
        }
    }

    private void Change(GroupMembership membership, long nowNs)
    {
        membership.IsJoined = !membership.IsJoined;
        membership.IsChangeSaid = false;
        membership.AnswerNs = long.MaxValue;
        membership.ChangesLeft = _queriers.TryGetValue(
            (membership.Port, membership.Group.Family), out Querier? querier) ? querier.Robustness : DefaultRobustness;
        membership.ChangeNs = Math.Max(nowNs, long.MinValue / 2);
    }

    private GroupMembership? Find(int port, IpAddress group) =>
        _all.Find(m => m.Port == port && m.Group == group);

    private Querier QuerierAt(int port, IpFamily family)
    {
        if (!_queriers.TryGetValue((port, family), out Querier? querier))
        {
            querier = new Querier();
            _queriers.Add((port, family), querier);
        }

        return querier;
    }

    private int VersionAt(int port, IpFamily family, long nowNs) =>
        _queriers.TryGetValue((port, family), out Querier? querier) ? querier.VersionAt(nowNs) : 3;

    /// <summary>A random part of a time.</summary>
    private long Random(long wholeNs)
    {
        _numbers = FlowHash.Mix(_numbers, ++_made);
        return (long)(((UInt128)(ulong)wholeNs * (_numbers >> 32)) >> 32);
    }

    private void FindNext()
    {
        _nextNs = long.MaxValue;
        foreach (GroupMembership membership in _all)
        {
            _nextNs = Math.Min(_nextNs, membership.DueNs);
        }
    }

    /// <summary>What is known of the router that asks on an uplink's link.</summary>
    private sealed class Querier
    {
        private long _version1Ns = long.MinValue;
        private long _version2Ns = long.MinValue;
        private long _intervalNs = DefaultIntervalNs;

        public int Robustness { get; private set; } = DefaultRobustness;

        public int VersionAt(long nowNs) => nowNs < _version1Ns ? 1 : nowNs < _version2Ns ? 2 : 3;

        public void Heed(in MembershipNews query, long nowNs)
        {
            // RFC 3376 §8.12, RFC 3810 §9.12: Older Version Querier Present Timeout.
            long untilNs = nowNs + (Robustness * _intervalNs) + query.MaxResponseNs;
            switch (query.Version)
            {
                case 1:
                    _version1Ns = untilNs;
                    break;
                case 2:
                    _version2Ns = untilNs;
                    break;
                default:
                    Robustness = query.Robustness == 0 ? DefaultRobustness : query.Robustness;
                    _intervalNs = query.IntervalNs == 0 ? DefaultIntervalNs : query.IntervalNs;
                    break;
            }
        }
    }
}
