namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>One measurement of the comparison: work on a capture.</summary>
/// <param name="Work">What is done.</param>
/// <param name="Flows">To which frames.</param>
/// <param name="Goal">How many times the rate of Open vSwitch the engine is to make; null without a goal.</param>
/// <param name="VppCycles">
/// TSC cycles a packet of FD.io VPP 26.06 on another machine (Zen 4, 2.6 GHz nominal), for orientation; null where it
/// was not measured.
/// </param>
internal sealed record Cell(Workload Work, FlowSet Flows, double? Goal = null, int? VppCycles = null)
{
    /// <summary>All cells, in the table's order.</summary>
    public static IReadOnlyList<Cell> All { get; } =
    [
        new(Workload.Encap, new FlowSet(8), 3, 111),
        new(Workload.Encap, new FlowSet(1000), 3, 110),
        new(Workload.Encap, new FlowSet(60_000), 7, 116),
        new(Workload.Encap, new FlowSet(60_000, IsShuffled: true)),
        new(Workload.Encap, new FlowSet(1000, IsMixed: true)),
        new(Workload.Decap, new FlowSet(8, IsTunnelled: true), 6, 157),
        new(Workload.Decap, new FlowSet(1000, IsTunnelled: true), 6, 153),
        new(Workload.Decap, new FlowSet(60_000, IsTunnelled: true), 10, 188),
        new(Workload.Decap, new FlowSet(60_000, IsTunnelled: true, IsShuffled: true)),
        new(Workload.Decap, new FlowSet(1000, IsTunnelled: true, IsMixed: true)),
        new(Workload.AccessList, new FlowSet(8), 3),
        new(Workload.AccessList, new FlowSet(1000), 3, 220),
        new(Workload.AccessList, new FlowSet(60_000), 5, 295),
        new(Workload.StaticNat, new FlowSet(1000), 8, 189),
        new(Workload.StaticNat, new FlowSet(60_000), 20, 604),
        new(Workload.DynamicNat, new FlowSet(1000), 8, 189),
        new(Workload.DynamicNat, new FlowSet(60_000), 20, 604),
        new(Workload.Tracked, new FlowSet(1000), 7),
        new(Workload.Tracked, new FlowSet(60_000)),
    ];

    /// <summary>The name in tables and on the command line: <c>encap-60k</c>.</summary>
    public string Name => $"{Verb}-{Flows.Name}";

    /// <summary>The work in one word.</summary>
    public string Verb => Work switch
    {
        Workload.AccessList => "acl",
        Workload.StaticNat => "static-nat",
        Workload.DynamicNat => "nat",
        Workload.Tracked => "ct",
        _ => Work.ToString().ToLowerInvariant(),
    };

    /// <summary>Finds cells by their names; a work alone (<c>encap</c>) names all of its cells.</summary>
    /// <exception cref="ArgumentException">There is no such cell.</exception>
    public static IReadOnlyList<Cell> Named(string names)
    {
        var found = new List<Cell>();
        foreach (string name in names.Split(',', StringSplitOptions.TrimEntries))
        {
            Cell[] cells = [.. All.Where(c => c.Name == name || c.Verb == name)];
            found.AddRange(cells.Length > 0
                ? cells
                : throw new ArgumentException(
                    $"There is no cell {name}; there are {string.Join(", ", All.Select(c => c.Name))}.",
                    nameof(names)));
        }

        return found;
    }
}
