using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>The stations that one network has learnt from what they sent (RFC 7348 §4.1).</summary>
/// <remarks>
/// Time goes by periods of a quarter of the age: a station is kept for four whole ones after that of its last frame.
/// When a period ends, short cuts are forgotten, so that the first frame of every flow in the next one is seen here,
/// and short cuts and the long way see stations come and go alike. Moves and evictions make them be forgotten too, and
/// are limited for that reason: nobody can keep the switch from taking any.
/// Bounded; grows to its limit. Thread: the worker's.
/// </remarks>
internal sealed class StationTable
{
    /// <summary>Most moves and evictions a second, and at once.</summary>
    public const int ChangesPerSecond = 100;

    private const int PeriodsKept = 4;

    private static readonly RuleAction.RateLimit ChangeRate =
        new() { PacketsPerSecond = ChangesPerSecond, Burst = TimeSpan.FromSeconds(1) };

    private readonly Dictionary<MacAddress, int> _byMac = [];
    private readonly StationOwners _owners = new();
    private readonly List<Station> _stations = [];
    private readonly Stack<int> _free = new();
    private readonly TokenBucket _changes = new(ChangeRate);
    private readonly StationTables _tables;
    private int _limit;
    private long _periodNs;
    private long _period;

    /// <summary>Starts empty.</summary>
    /// <param name="tables">The tables that it is one of, which tells of changes.</param>
    /// <param name="counters">Where it counts.</param>
    public StationTable(StationTables tables, StationCounters counters)
    {
        _tables = tables;
        Counters = counters;
    }

    /// <summary>What was counted.</summary>
    public StationCounters Counters { get; }

    /// <summary>Number of stations.</summary>
    public int Count => _byMac.Count;

    /// <summary>When the present period ends; never while nothing is known.</summary>
    public long NextNs => Count == 0 ? long.MaxValue : (_period + 1) * _periodNs;

    /// <summary>The stations, where they are, and how long they have been silent at most; in no order.</summary>
    /// <param name="nowNs">The time.</param>
    public IEnumerable<(MacAddress Mac, StationPlace Place, TimeSpan Silent)> Stations(long nowNs) =>
        from station in _byMac
        let entry = _stations[station.Value]
        let silentNs = Math.Max(0, nowNs - (entry.Period * _periodNs))
        select (station.Key, entry.Owner.Place, TimeSpan.FromTicks(silentNs / TimeSpan.NanosecondsPerTick));

    /// <summary>Takes a policy's settings over; what exceeds a lower limit goes.</summary>
    public void Adopt(Learning learning, long nowNs)
    {
        long periodNs = learning.Age.Ticks * TimeSpan.NanosecondsPerTick / PeriodsKept;
        if (periodNs != _periodNs)
        {
            long before = _periodNs;
            _periodNs = periodNs;
            _period = PeriodOf(nowNs);
            for (int i = 0; i < _stations.Count; i++)
            {
                Station station = _stations[i];
                _stations[i] = station with { Period = PeriodOf(station.Period * before) };
            }
        }

        _limit = learning.Limit;
        while (Count > _limit)
        {
            Evict(_owners.Largest(null));
        }
    }

    /// <summary>Finds a station.</summary>
    public bool TryFind(MacAddress mac, out StationPlace place)
    {
        bool isKnown = _byMac.TryGetValue(mac, out int index);
        place = isKnown ? _stations[index].Owner.Place : default;
        return isKnown;
    }

    /// <summary>Learns from a frame of a station that the policy does not name.</summary>
    /// <param name="mac">Its MAC address, which is no group address.</param>
    /// <param name="place">Where the frame came from.</param>
    /// <param name="nowNs">The time, in nanoseconds; periods that are over were seen to.</param>
    public StationNews Learn(MacAddress mac, StationPlace place, long nowNs)
    {
        long period = PeriodOf(nowNs);
        if (_byMac.TryGetValue(mac, out int index))
        {
            return Hear(index, place, period, nowNs);
        }

        if (Count >= _limit && !TryEvict(place, nowNs))
        {
            Counters.Refused++;
            return StationNews.Refused;
        }

        if (!_free.TryPop(out index))
        {
            index = _stations.Count;
            _stations.Add(default);
        }

        _period = period;
        _byMac.Add(mac, index);
        _stations[index] = new Station { Mac = mac };
        Append(index, _owners.GetOrAdd(place), period);
        Counters.Learnt++;
        Counters.Known++;
        _tables.Expect(NextNs);
        return StationNews.Learnt;
    }

    /// <summary>Begins a new period when the time has come: stations that were silent for too long go.</summary>
    public void Tend(long nowNs)
    {
        if (nowNs < NextNs)
        {
            return;
        }

        _period = PeriodOf(nowNs);
        _tables.Version++;
        for (int i = _owners.Count - 1; i >= 0; i--)
        {
            StationOwner owner = _owners[i];
            while (owner.Count > 0 && _stations[owner.Oldest].Period < _period - PeriodsKept)
            {
                Remove(owner.Oldest);
                Counters.Aged++;
            }
        }
    }

    /// <summary>Forgets stations.</summary>
    /// <param name="condition">Which ones.</param>
    /// <returns>How many.</returns>
    public int Forget(Func<MacAddress, StationPlace, bool> condition)
    {
        int[] found =
            [.. _byMac.Where(s => condition(s.Key, _stations[s.Value].Owner.Place)).Select(s => s.Value)];
        foreach (int index in found)
        {
            Remove(index);
        }

        Counters.Forgotten += found.Length;
        _tables.Version += found.Length > 0 ? 1u : 0;
        return found.Length;
    }

    private StationNews Hear(int index, StationPlace place, long period, long nowNs)
    {
        Station station = _stations[index];
        bool isMove = station.Owner.Place != place;
        if (isMove && !_changes.TryTake(0, nowNs))
        {
            Counters.Refused++;
            return StationNews.Refused;
        }

        // Once a period: who is silent longest must not depend on how many frames were seen.
        if (isMove || station.Period != period)
        {
            Unlink(index);
            Append(index, _owners.GetOrAdd(place), period);
            _owners.RemoveIfEmpty(station.Owner);
        }

        if (!isMove)
        {
            return StationNews.None;
        }

        Counters.Moved++;
        _tables.Version++;
        return StationNews.Moved;
    }

    private bool TryEvict(StationPlace place, long nowNs)
    {
        if (!_changes.TryTake(0, nowNs))
        {
            return false;
        }

        // The newcomer's own VTEP or port before others with as many.
        Evict(_owners.Largest(_owners.Find(place)));
        return true;
    }

    private void Evict(StationOwner owner)
    {
        Remove(owner.Oldest);
        Counters.Evicted++;
        _tables.Version++;
    }

    private void Remove(int index)
    {
        Station station = _stations[index];
        _byMac.Remove(station.Mac);
        Unlink(index);
        _owners.RemoveIfEmpty(station.Owner);
        _free.Push(index);
        Counters.Known--;
    }

    private void Append(int index, StationOwner owner, long period)
    {
        _stations[index] = _stations[index] with
        {
            Owner = owner,
            Period = period,
            Older = owner.Newest,
            Newer = StationOwner.None,
        };
        Link(owner.Newest, index, owner);
        owner.Newest = index;
        _owners.Recount(owner, 1);
    }

    private void Unlink(int index)
    {
        Station station = _stations[index];
        StationOwner owner = station.Owner;
        Link(station.Older, station.Newer, owner);
        if (station.Newer == StationOwner.None)
        {
            owner.Newest = station.Older;
        }
        else
        {
            _stations[station.Newer] = _stations[station.Newer] with { Older = station.Older };
        }

        _owners.Recount(owner, -1);
    }

    private void Link(int older, int newer, StationOwner owner)
    {
        if (older == StationOwner.None)
        {
            owner.Oldest = newer;
        }
        else
        {
            _stations[older] = _stations[older] with { Newer = newer };
        }
    }

    private long PeriodOf(long timeNs)
    {
        (long period, long rest) = Math.DivRem(timeNs, _periodNs);
        return rest < 0 ? period - 1 : period;
    }

    private readonly record struct Station
    {
        public MacAddress Mac { get; init; }

        public StationOwner Owner { get; init; }

        /// <summary>The one before in the owner's list.</summary>
        public int Older { get; init; }

        /// <summary>The one behind in the owner's list.</summary>
        public int Newer { get; init; }

        /// <summary>The period in which a frame of it was seen last.</summary>
        public long Period { get; init; }
    }
}
