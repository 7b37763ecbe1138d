using System.Text.Json;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary><c>--measure</c>: one run of the engine, or of the floor, on one cell.</summary>
/// <remarks>
/// What leaves is read first; a wrong frame ends the command with exit code 1. Prints one line of JSON. The comparison
/// runs it in processes of their own, so that heap and compiled code are fresh each time.
/// </remarks>
internal static class MeasureCommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="args"><c>engine|floor CELL [--capture FILE] [--seconds S] [--core N]</c></param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        if (!OptionReader.TryRead(args, MeasureOptions.Parse, out MeasureOptions? options))
        {
            return 2;
        }

        try
        {
            Measurement measurement = Measure(options);
            Console.WriteLine(JsonSerializer.Serialize(measurement, ComparisonJson.Line));
            return 0;
        }
        catch (ComparisonException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static Measurement Measure(MeasureOptions options)
    {
        Cell cell = options.Cell;
        if (options.Core is { } core)
        {
            Linux.StayOn(core);
        }

        OutputCheck.Check(cell, options.IsFloor ? FloorSide.Sample(cell) : EngineSide.Sample(cell));
        double ns = options.IsFloor ? FloorSide.Measure(cell, options.Duration) : MeasureEngine(cell, options);
        double cycles = ns * Machine.Here(string.Empty).NominalGhz;
        return new Measurement(Math.Round(1000 / ns, 3), Math.Round(cycles, 1));
    }

    private static double MeasureEngine(Cell cell, MeasureOptions options)
    {
        if (options.Capture is not null)
        {
            return EngineSide.Measure(cell, options.Capture, options.Duration);
        }

        string folder = Directory.CreateTempSubdirectory("vxe-flows-").FullName;
        try
        {
            string capture = Path.Combine(folder, "flows.pcap");
            FlowFrames.Write(capture, cell.Flows);
            return EngineSide.Measure(cell, capture, options.Duration);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
