using System.Globalization;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary><c>--flows</c>: what many flows with state cost, in memory and in time.</summary>
internal static class FlowsCommand
{
    private const int FewFlows = 60_000;

    /// <summary>Runs the command.</summary>
    /// <param name="args"><c>[--count N] [--seconds S] [--packets N] [--core N]</c></param>
    /// <returns>The exit code: 0 when all was measured, 2 for a wrong command line.</returns>
    public static int Run(string[] args)
    {
        if (!OptionReader.TryRead(args, FlowsOptions.Parse, out FlowsOptions? options))
        {
            return 2;
        }

        try
        {
            if (options.Core is { } core)
            {
                Linux.StayOn(core);
            }

            foreach ((string what, string value) in Measure(options))
            {
                Console.WriteLine($"{what,-60} {value}");
            }

            return 0;
        }
        catch (ComparisonException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static IEnumerable<(string What, string Value)> Measure(FlowsOptions options)
    {
        // Once before it counts, so that compiled code and the runtime's own memory are not the flows'.
        using (var trial = new FlowLoad(FewFlows))
        {
            trial.Begin();
            trial.Repeat(TimeSpan.FromSeconds(1), isShuffled: false);
        }

        // Memory first: what later steps load would only blur it.
        var many = new FlowLoad(options.Count);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        long before = Environment.WorkingSet;
        double newFlows = many.Begin();
        many.Repeat(options.Count);
        long resident = Environment.WorkingSet - before;
        yield return ("flows", Text($"{options.Count:N0}"));
        yield return ("resident bytes a flow and direction", Text($"{resident / 2.0 / options.Count:0}"));
        yield return ("new flows, million a second, in memory yet to be given", Text($"{newFlows:0.00}"));
        many.AgeAll();
        yield return ("as many again, in memory that was used", Text($"{many.Begin():0.00}"));

        using (var populated = new FlowLoad(options.Count, populates: true))
        {
            yield return ("and in memory that was populated at the start", Text($"{populated.Begin():0.00}"));
        }

        using var few = new FlowLoad(FewFlows);
        few.Begin();
        yield return ("of each packet, making its frame, ns", Text($"{few.MakeOnly(options.Duration):0.0}"));
        foreach (bool isShuffled in (bool[])[false, true])
        {
            double base60k = few.Repeat(options.Duration, isShuffled);
            double rate = many.Repeat(options.Duration, isShuffled);
            string order = isShuffled ? "random order" : "flow order";
            yield return ($"Mpps at {FewFlows:N0} flows, {order}", Text($"{base60k:0.00}"));
            yield return ($"Mpps at {options.Count:N0} flows, {order}", Text($"{rate:0.00} ({rate / base60k:P0})"));
        }

        int collections = GC.CollectionCount(0);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        few.Repeat(options.Packets);
        yield return (
            $"garbage collections in {options.Packets:N0} packets",
            Text($"{GC.CollectionCount(0) - collections}, {GC.GetAllocatedBytesForCurrentThread() - allocated} bytes"));

        AgeingResult ageing = many.AgeAll();
        many.Dispose();
        yield return (
            "flows that aged", Text($"{ageing.Aged:N0} in {ageing.Bursts:N0} bursts of {FlowLoad.BurstLength}"));
        yield return ("most flows aged in one burst", Text($"{ageing.MostInBurst}"));
        yield return ("slowest of these bursts, µs (99 %)", Text($"{ageing.SlowestUs:0} ({ageing.RareUs:0})"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
