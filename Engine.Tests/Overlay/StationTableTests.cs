using VxlanEngine.Overlay;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class StationTableTests
{
    private const long Second = 1_000_000_000;

    private static readonly StationPlace Here = StationPlace.At(3);
    private static readonly StationPlace Near = StationPlace.Behind(IpAddress.Parse("172.31.9.2"));
    private static readonly StationPlace Far = StationPlace.Behind(IpAddress.Parse("172.31.9.3"));

    private readonly StationTables _tables = new();

    [Fact]
    [Trait("Scenario", "FD06")]
    public void A_station_is_where_its_last_frame_came_from()
    {
        StationTable table = Adopt(10);
        uint version = _tables.Version;
        Assert.False(table.TryFind(Mac(1), out _));
        Assert.Equal(StationNews.Learnt, table.Learn(Mac(1), Here, 0));
        Assert.Equal(StationNews.None, table.Learn(Mac(1), Here, 1));
        Assert.Equal(version, _tables.Version);
        Assert.Equal(StationNews.Moved, table.Learn(Mac(1), Near, 2));
        Assert.NotEqual(version, _tables.Version);
        Assert.Equal(StationNews.Moved, table.Learn(Mac(1), Far, 3));
        Assert.True(table.TryFind(Mac(1), out StationPlace place));
        Assert.Equal((Far, 1), (place, table.Count));
        Assert.Equal((1L, 1L, 2L), (table.Counters.Known, table.Counters.Learnt, table.Counters.Moved));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_700_000_000L * Second)]
    [InlineData(-3 * Second)]
    [Trait("Scenario", "FD04")]
    public void A_silent_station_goes_between_its_age_and_a_quarter_more(long startNs)
    {
        StationTable table = Adopt(10);
        table.Learn(Mac(2), Near, startNs);
        for (long atNs = startNs; atNs < startNs + (20 * Second); atNs += Second)
        {
            _tables.Tend(atNs);
            table.Learn(Mac(1), Near, atNs);
        }

        long lastNs = startNs + (19 * Second);
        _tables.Tend(lastNs + (40 * Second));
        Assert.True(table.TryFind(Mac(1), out _));
        long dueNs = lastNs;
        while (table.TryFind(Mac(1), out _))
        {
            dueNs = _tables.NextNs;
            _tables.Tend(dueNs - 1);
            Assert.True(table.TryFind(Mac(1), out _));
            uint version = _tables.Version;
            _tables.Tend(dueNs);
            Assert.NotEqual(version, _tables.Version);
        }

        Assert.InRange(dueNs - lastNs, 40 * Second, 50 * Second);
        Assert.Equal(0, table.Count);
        Assert.Equal(2, table.Counters.Aged);
        Assert.Equal(long.MaxValue, _tables.NextNs);
    }

    [Fact]
    [Trait("Scenario", "FD07")]
    public void Who_has_most_stations_loses_the_one_that_was_silent_longest()
    {
        StationTable table = Adopt(16);
        for (int i = 0; i < 4; i++)
        {
            table.Learn(Mac(i), Near, i);
        }

        for (int i = 0; i < 12; i++)
        {
            table.Learn(Mac(100 + i), Far, i);
        }

        _tables.Tend(11 * Second);
        table.Learn(Mac(100), Far, 11 * Second); // So that 101 is the one that was silent longest.

        // One port with many new addresses takes no room from who has fewer.
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal(StationNews.Learnt, table.Learn(Mac(200 + i), Far, 11 * Second));
            Assert.Equal(i < 11, table.TryFind(Mac(100), out _));
        }

        Assert.All(Enumerable.Range(0, 4), i => Assert.True(table.TryFind(Mac(i), out _)));
        Assert.All(Enumerable.Range(100, 104), i => Assert.False(table.TryFind(Mac(i), out _)));
        Assert.All(Enumerable.Range(204, 12), i => Assert.True(table.TryFind(Mac(i), out _)));
        Assert.Equal((16, 16L), (table.Count, table.Counters.Evicted));

        // Others get room until they have as much; then they make room themselves.
        for (int i = 0; i < 40; i++)
        {
            table.Learn(Mac(300 + i), Here, 12 * Second);
        }

        Dictionary<StationPlace, int> shares = table.Stations(12 * Second).CountBy(s => s.Place).ToDictionary();
        Assert.Equal((4, 6, 6), (shares[Near], shares[Far], shares[Here]));
    }

    [Fact]
    public void Moves_and_evictions_are_limited_to_a_hundred_a_second()
    {
        StationTable table = Adopt(1);
        int news = 0;
        for (int i = 0; i < 1000; i++)
        {
            news += table.Learn(Mac(i), Near, 0) == StationNews.Learnt ? 1 : 0;
        }

        Assert.Equal(1 + StationTable.ChangesPerSecond, news);
        Assert.Equal(899, table.Counters.Refused);
        Assert.Equal(StationNews.Refused, table.Learn(Mac(100), Far, Second / 1000));
        Assert.True(table.TryFind(Mac(100), out StationPlace place));
        Assert.Equal(Near, place);
        Assert.Equal(StationNews.Moved, table.Learn(Mac(100), Far, Second / 100));
    }

    [Fact]
    [Trait("Scenario", "FD08"), Trait("Scenario", "FD09")]
    public void A_hundred_are_learnt_twelve_forgotten_and_a_hundred_more_learnt()
    {
        StationTable table = Adopt(300);
        Learn(0, 100);
        uint version = _tables.Version;
        Assert.Equal(12, table.Forget((mac, _) => mac.Value % 256 < 12));
        Assert.NotEqual(version, _tables.Version);
        Assert.Equal(88, table.Count);
        Learn(100, 100);
        Assert.Equal(188, table.Count);
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal(i >= 12, table.TryFind(Mac(i), out _)));
        Assert.Equal(94, table.Forget((_, place) => place == Near));
        Assert.Equal(94, table.Forget((_, _) => true));
        Assert.Equal((0L, 200L, 200L), (table.Counters.Known, table.Counters.Learnt, table.Counters.Forgotten));
        version = _tables.Version;
        Assert.Equal(0, table.Forget((_, _) => true));
        Assert.Equal(version, _tables.Version);

        void Learn(int first, int count)
        {
            for (int i = first; i < first + count; i++)
            {
                Assert.Equal(StationNews.Learnt, table.Learn(Mac(i), i % 2 == 0 ? Near : Far, 0));
            }
        }
    }

    [Fact]
    public void A_lower_limit_and_another_age_hold_for_what_is_known()
    {
        StationTable table = Adopt(100);
        for (int i = 0; i < 100; i++)
        {
            table.Learn(Mac(i), Near, 0);
        }

        _tables.Adopt(0, new Learning { Limit = 10, Age = TimeSpan.FromSeconds(400) }, 0);
        Assert.Equal((10, 90L), (table.Count, table.Counters.Evicted));
        _tables.Tend(60 * Second);
        Assert.Equal(10, table.Count);
        _tables.Adopt(0, new Learning { Limit = 10, Age = TimeSpan.FromSeconds(40) }, 60 * Second);
        _tables.Tend(70 * Second);
        Assert.Equal(0, table.Count);
        Assert.Null(_tables.Adopt(0, null, 70 * Second));
        Assert.Null(_tables.Of(0));
        Assert.Equal(100, Assert.Single(_tables.Counters).Value.Learnt);
    }

    [Fact]
    public void Order_counts_and_room_hold_through_any_course()
    {
        var random = new Random(7);
        StationTable table = Adopt(40);
        StationPlace[] places = [Here, Near, Far];
        long nowNs = 0;
        for (int i = 0; i < 20_000; i++)
        {
            nowNs += random.Next(100) == 0 ? 60 * Second : Second / 10;
            _tables.Tend(nowNs);
            MacAddress mac = Mac(random.Next(100));
            StationPlace place = places[random.Next(3)];
            bool isRefused = table.Learn(mac, place, nowNs) == StationNews.Refused;
            Assert.Equal(!isRefused, table.TryFind(mac, out StationPlace found) && found == place);
            Assert.True(table.Count <= 40);
        }

        StationCounters c = table.Counters;
        Assert.Equal(c.Learnt, c.Known + c.Aged + c.Evicted);
        Assert.True(c is { Moved: > 100, Aged: > 100, Evicted: > 100 });
        Assert.Equal(table.Count, table.Stations(nowNs).Count());
    }

    /// <summary>Where source VTEPs are not checked, every frame may come from another one.</summary>
    [Fact]
    public void As_many_vteps_as_stations_keep_nobody_waiting()
    {
        const int Many = 300_000;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        StationTable table = Adopt(Many);
        for (uint i = 0; i < Many; i++)
        {
            table.Learn(new MacAddress(i + 1), StationPlace.Behind(new Ipv4Address(i)), 0);
        }

        for (uint i = 0; i < StationTable.ChangesPerSecond; i++)
        {
            Assert.Equal(StationNews.Learnt, table.Learn(new MacAddress(i + Many + 1), Near, 0));
        }

        _tables.Adopt(0, new Learning { Limit = Many / 2, Age = TimeSpan.FromSeconds(40) }, 0);
        Assert.Equal(Many / 2, table.Count);
        _tables.Tend(100 * Second);
        Assert.Equal(0, table.Count);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Who_has_most_is_known_through_any_course()
    {
        var random = new Random(5);
        var owners = new StationOwners();
        var counts = new Dictionary<StationPlace, int>();
        for (int i = 0; i < 20_000; i++)
        {
            StationPlace place = StationPlace.At(random.Next(12));
            StationOwner owner = owners.GetOrAdd(place);
            int change = owner.Count == 0 || random.Next(100) < (i / 4000 % 2 == 0 ? 60 : 40) ? 1 : -1;
            counts[place] = counts.GetValueOrDefault(place) + change;
            owners.Recount(owner, change);
            owners.RemoveIfEmpty(owner);
            int most = counts.Values.Max();
            Assert.Equal(counts.Values.Count(c => c > 0), owners.Count);
            if (most > 0)
            {
                Assert.Equal(most, owners.Largest(null).Count);
                StationOwner? found = owners.Find(place);
                Assert.Equal(counts[place], found?.Count ?? 0);
                Assert.Equal(counts[place] == most, owners.Largest(found) == found);
            }
        }

        Assert.All(Enumerable.Range(0, owners.Count), i => Assert.Equal(i, owners[i].Index));
    }

    private StationTable Adopt(int limit) =>
        _tables.Adopt(0, new Learning { Limit = limit, Age = TimeSpan.FromSeconds(40) }, 0)!;

    private static MacAddress Mac(int i) => new(0x02_00_00_00_00_00UL + ((ulong)(i / 256) << 8) + (ulong)(i % 256));
}
