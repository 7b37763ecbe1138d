using VxlanEngine.Policy;

namespace VxlanEngine.Overlay;

/// <summary>The stations that all networks of a switch have learnt. Outlives policies.</summary>
/// <remarks>Thread: the worker's.</remarks>
internal sealed class StationTables
{
    private readonly Dictionary<int, StationCounters> _counters = [];
    private StationTable?[] _byNetwork = [];

    /// <summary>
    /// Another number whenever frames must not be sent where they were before, or must be seen again.
    /// </summary>
    public uint Version { get; internal set; }

    /// <summary>When <see cref="Tend"/> has something to do next.</summary>
    public long NextNs { get; private set; } = long.MaxValue;

    /// <summary>What was counted, by the number of the network; networks that never learnt have none.</summary>
    public IEnumerable<KeyValuePair<int, StationCounters>> Counters => _counters.OrderBy(c => c.Key);

    /// <summary>The table of a network, by its number; null when it does not learn.</summary>
    public StationTable? Of(int network) =>
        (uint)network < (uint)_byNetwork.Length ? _byNetwork[network] : null;

    /// <summary>Takes over whether and how a network learns.</summary>
    /// <param name="network">Its number.</param>
    /// <param name="learning">How; null when it does not.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>Its table, if it learns.</returns>
    public StationTable? Adopt(int network, Learning? learning, long nowNs)
    {
        StationTable? table = Of(network);
        if (learning is null)
        {
            table?.Forget((_, _) => true);
            if (table is not null)
            {
                _byNetwork[network] = null;
            }

            return null;
        }

        if (table is null)
        {
            Array.Resize(ref _byNetwork, Math.Max(_byNetwork.Length, network + 1));
            table = new StationTable(this, CountersOf(network));
            _byNetwork[network] = table;
        }

        table.Adopt(learning, nowNs);
        Expect(table.NextNs);
        return table;
    }

    /// <summary>Lets all periods end whose time has come.</summary>
    public void Tend(long nowNs)
    {
        if (nowNs < NextNs)
        {
            return;
        }

        NextNs = long.MaxValue;
        foreach (StationTable? table in _byNetwork)
        {
            table?.Tend(nowNs);
            Expect(table?.NextNs ?? long.MaxValue);
        }
    }

    /// <summary>Has <see cref="Tend"/> come no later than at a time.</summary>
    internal void Expect(long timeNs) => NextNs = Math.Min(NextNs, timeNs);

    private StationCounters CountersOf(int network)
    {
        if (!_counters.TryGetValue(network, out StationCounters? counters))
        {
            counters = new StationCounters();
            _counters.Add(network, counters);
        }

        return counters;
    }
}
