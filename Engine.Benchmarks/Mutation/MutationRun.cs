using System.Diagnostics;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>Runs seeds, their beginnings and mutations of them through every policy.</summary>
internal sealed class MutationRun : IDisposable
{
    private const int BatchLength = 256;
    private const int MaxPrefixLength = 256;
    private const int PrefixInterval = 32;

    private readonly MutationOptions _options;
    private readonly List<byte[]> _seeds;
    private readonly List<MutationScenario> _scenarios = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public MutationRun(MutationOptions options, CaseRecord record)
    {
        _options = options;
        _seeds = SeedFrames.Load(options.Paths);
        foreach ((string name, SwitchPolicy policy) in MutationPolicies.All)
        {
            for (int kind = 0; kind < 4; kind++)
            {
                int seed = unchecked((options.Seed * 31) + _scenarios.Count);
                _scenarios.Add(new MutationScenario(
                    name,
                    policy,
                    atEnd: (kind & 1) == 0,
                    wantsReports: (kind & 2) == 0,
                    seed,
                    _seeds,
                    record,
                    options.FaultAfter));
            }
        }
    }

    /// <summary>Runs until the cases or the seconds are up.</summary>
    /// <exception cref="Exception">Any: what the pipeline did wrong.</exception>
    public void Run()
    {
        Console.WriteLine($"{_seeds.Count} seeds, {_scenarios.Count} scenarios, seed {_options.Seed}");
        foreach (MutationScenario scenario in _scenarios)
        {
            RunSeeds(scenario);
        }

        Report();
        long shown = Cases;
        while (Cases < _options.Cases && _clock.Elapsed.TotalSeconds < _options.Seconds)
        {
            foreach (MutationScenario scenario in _scenarios)
            {
                scenario.RunMutations(BatchLength);
            }

            if (Cases - shown >= 1_000_000)
            {
                shown = Cases;
                Report();
            }
        }
    }

    /// <summary>The last line of a run.</summary>
    public string Summary(int faults)
    {
        SwitchCounters[] counters = [.. _scenarios.Select(s => s.ReadCounters())];
        return $"cases={Cases} frames={counters.Sum(c => c.Received + c.Generated)} "
            + $"forwarded={counters.Sum(c => c.Forwarded)} dropped={counters.Sum(c => c.Dropped)} "
            + $"punted={counters.Sum(c => c.Punted)} consumed={counters.Sum(c => c.Consumed)} faults={faults}";
    }

    /// <inheritdoc/>
    public void Dispose() => _scenarios.ForEach(s => s.Dispose());

    private long Cases => _scenarios.Sum(s => s.Cases);

    // Each seed whole, at every port; of some, every beginning too.
    private void RunSeeds(MutationScenario scenario)
    {
        for (int i = 0; i < _seeds.Count; i++)
        {
            scenario.RunEverywhere(_seeds[i]);
            bool isCut = i % PrefixInterval == 0 || i < FrameSamples.All.Count;
            for (int length = 0; isCut && length < Math.Min(_seeds[i].Length, MaxPrefixLength); length++)
            {
                scenario.RunSomewhere(_seeds[i].AsSpan(0, length));
            }
        }

        scenario.CheckCounters();
    }

    private void Report()
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        Console.WriteLine($"{Cases} cases in {seconds:F1} s: {Cases / seconds:F0}/s");
    }
}
