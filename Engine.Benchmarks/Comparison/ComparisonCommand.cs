using System.Runtime.InteropServices;
using System.Text.Json;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>
/// <c>--compare ovs</c>: the engine beside Open vSwitch with DPDK, on the same captures, on one processor, in turns.
/// </summary>
/// <remarks>
/// In every round each side runs once while the other stands still. Exit code: 0 when all was measured, 1 when
/// something failed, 2 for a wrong command line or without the rights.
/// </remarks>
internal static class ComparisonCommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="args">See <see cref="ComparisonOptions.Grammar"/>, without its first word.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        if (!OptionReader.TryRead(args, ComparisonOptions.Parse, out ComparisonOptions? options))
        {
            return 2;
        }

        if (options.ShowPath is null && MissingCondition() is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 2;
        }

        try
        {
            Show(options.ShowPath is null ? Measure(options) : ComparisonResult.Load(options.ShowPath), options);
            return 0;
        }
        catch (Exception e) when (e is ComparisonException or IOException or JsonException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>The state of the sources; a build that is not of a repository has none.</summary>
    internal static string Commit()
    {
        string folder = Path.GetDirectoryName(typeof(ComparisonCommand).Assembly.Location)!;
        (int code, string output, _) = Tool.TryRun("git", ["-C", folder, "describe", "--always", "--dirty"]);
        return code == 0 ? output.Trim() : "unknown";
    }

    private static string? MissingCondition() =>
        !OperatingSystem.IsLinux() ? "The comparison runs Open vSwitch as Debian packages it: Linux only."
        : !Environment.IsPrivilegedProcess
            ? "The comparison starts Open vSwitch and reserves huge pages: run it as root."
        : Environment.ProcessorCount < 2 ? "The comparison needs two processors: one polls, one controls."
        : null;

    private static void Show(ComparisonResult result, ComparisonOptions options)
    {
        if (options.SavePath is not null)
        {
            result = File.Exists(options.SavePath) ? result.With(ComparisonResult.Load(options.SavePath)) : result;
            result.Save(options.SavePath);
        }

        Console.WriteLine(Describe(result.Machine));
        Console.Write(ComparisonTable.Write(result));
        if (options.PlotPath is not null)
        {
            File.WriteAllText(options.PlotPath, RateChart.Draw(result));
        }
    }

    private static string Describe(Machine machine) =>
        $"{machine.Processor}, {machine.Cores} processors; {machine.Kernel}; {machine.Runtime}; {machine.OpenVSwitch}";

    private static ComparisonResult Measure(ComparisonOptions options)
    {
        string version = OpenVSwitch.Install();
        string commit = Commit();
        int core = Math.Min(Environment.ProcessorCount, 64) - 1;
        string folder = Directory.CreateTempSubdirectory("vxe-compare-").FullName;
        try
        {
            var cells = new List<CellResult>();
            foreach (Cell cell in options.Cells)
            {
                string capture = Path.Combine(folder, "flows.pcap");
                FlowFrames.Write(capture, cell.Flows);
                CellResult result = MeasureCell(cell, capture, core, options) with { Commit = commit };
                Console.Error.WriteLine(
                    $"{cell.Name}: {result.OpenVSwitch.Mpps:0.00} and {result.Engine.Mpps:0.00} Mpps, "
                    + $"{result.Ratio:0.0}×, floor {result.Floor.Mpps:0.00}");
                cells.Add(result);
            }

            return new ComparisonResult(Machine.Here(version), cells);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static CellResult MeasureCell(Cell cell, string capture, int core, ComparisonOptions options)
    {
        using var peer = new OpenVSwitch(cell.Work, capture, core);

        // What the terminal or a service sends must not leave the peer polling and the huge pages taken.
        using PosixSignalRegistration interrupt = EndOn(PosixSignal.SIGINT, peer);
        using PosixSignalRegistration terminate = EndOn(PosixSignal.SIGTERM, peer);
        List<Measurement> ovs = [];
        List<Measurement> engine = [];
        List<Measurement> floor = [];
        for (int round = 0; round < options.Rounds; round++)
        {
            ovs.Add(peer.Measure(TimeSpan.FromSeconds(options.Seconds)));
            engine.Add(RunChild("engine", cell, capture, core, options.Seconds));
            floor.Add(RunChild("floor", cell, capture, core, options.Seconds));
        }

        string now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm", null);
        return new CellResult(cell.Name, now, string.Empty, new Series(ovs), new Series(engine), new Series(floor));
    }

    private static PosixSignalRegistration EndOn(PosixSignal signal, OpenVSwitch peer) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            peer.Dispose();
            context.Cancel = false;
        });

    private static Measurement RunChild(string side, Cell cell, string capture, int core, double seconds)
    {
        string[] work =
        [
            "--measure", side, cell.Name, "--capture", capture, "--core", $"{core}",
            "--seconds", seconds.ToString(null as IFormatProvider),
        ];
        string host = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(host) == "dotnet";
        string line = Tool.Run(host, isHost ? ["exec", typeof(ComparisonCommand).Assembly.Location, .. work] : work);
        return JsonSerializer.Deserialize<Measurement>(line, ComparisonJson.Line)
            ?? throw new ComparisonException($"{cell.Name}: the {side}'s process reported nothing.");
    }
}
