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
        try
        {
            Measurement measurement = Measure(args);
            Console.WriteLine(JsonSerializer.Serialize(measurement, ComparisonJson.Line));
            return 0;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
        catch (ComparisonException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static Measurement Measure(string[] args)
    {
        if (args is not [("engine" or "floor") and var side, var name, .. var rest])
        {
            throw new ArgumentException(
                "--measure engine|floor CELL [--capture FILE] [--seconds S] [--core N]", nameof(args));
        }

        Cell cell = Cell.Named(name)[0];
        var options = MeasureOptions.Parse(rest);
        if (options.Core is { } core)
        {
            Linux.StayOn(core);
        }

        OutputCheck.Check(cell, side == "engine" ? EngineSide.Sample(cell) : FloorSide.Sample(cell));
        double ns = side == "engine" ? MeasureEngine(cell, options) : FloorSide.Measure(cell, options.Duration);
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
