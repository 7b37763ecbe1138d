using System.Runtime.InteropServices;
using System.Text.Json;
using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>
/// <c>--io</c>: live ports beside the kernel's VXLAN device and Open vSwitch's user space, in the same namespaces, in
/// turns.
/// </summary>
/// <remarks>
/// In every round each side has one turn, in fresh namespaces. Exit code: 0 when all was measured, 1 when something
/// failed, 2 for a wrong command line or without the rights.
/// </remarks>
internal static class IoCommand
{
    private static readonly string[] Tools =
        ["ip", "ping", "iperf3", "ethtool", "taskset", "sysctl", "ovs-vswitchd", "ovsdb-server"];

    // What a signal ends: the rig and the switch of the turn.
    private static readonly Lock Guard = new();
    private static IDisposable? _rig;
    private static IDisposable? _switch;

    /// <summary>Runs the command.</summary>
    /// <param name="args">See <see cref="IoOptions.Grammar"/>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        if (!OptionReader.TryRead(args, IoOptions.Parse, out IoOptions? options))
        {
            return 2;
        }

        if (options.ShowPath is null && MissingCondition() is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 2;
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            IoResult result = options.ShowPath is { } path ? IoResult.Load(path) : Measure(options);
            if (options.SavePath is { } file)
            {
                result = File.Exists(file) ? result.With(IoResult.Load(file)) : result;
                result.Save(file);
            }

            Console.Write(IoTable.Write(result));
            return 0;
        }
        catch (Exception e) when (e is ComparisonException or IOException or JsonException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static string? MissingCondition() =>
        !OperatingSystem.IsLinux() ? "Live ports are measured in network namespaces: Linux only."
        : !Environment.IsPrivilegedProcess ? "Network namespaces are made by root: run it as root."
        : Environment.ProcessorCount < 2 ? "It needs two processors: one sends, one switches."
        : Tools.FirstOrDefault(tool => !IsInstalled(tool)) is { } tool
            ? $"{tool} is not installed (Debian: iproute2 iputils-ping iperf3 ethtool util-linux procps "
                + "openvswitch-switch)."
        : null;

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Concat(["/usr/sbin", "/sbin"])
            .Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static IoResult Measure(IoOptions options)
    {
        IReadOnlyList<IoSide> sides = options.Sides;
        if (sides.Any(s => s.Name == "ovs-xdp") && !OpenVSwitchUserSpace.KnowsXdp())
        {
            Console.Error.WriteLine("ovs-xdp is left out: this Open vSwitch was built without AF_XDP.");
            sides = [.. sides.Where(s => s.Name != "ovs-xdp")];
        }

        var turns = sides.ToDictionary(s => s.Name, _ => new List<IoTurn>(), StringComparer.Ordinal);
        for (int round = 0; round < options.Rounds; round++)
        {
            foreach (IoSide side in sides)
            {
                IoTurn turn = Measure(side, options);
                turns[side.Name].Add(turn);
                Console.Error.WriteLine(string.Create(
                    null, $"round {round + 1} {side.Name}: {turn.Mpps * 1000:0} kpps, {turn.Gbps:0.00} Gb/s"));
            }
        }

        string now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm", null);
        return new IoResult(
            Machine.Here(OpenVSwitchUserSpace.Version()),
            now,
            ComparisonCommand.Commit(),
            options.Seconds,
            [.. sides.Select(s => new IoSideResult(s.Name, turns[s.Name]))]);
    }

    private static IoTurn Measure(IoSide side, IoOptions options)
    {
        using var rig = new IoRig();
        Keep(ref _rig, rig);
        using IIoSwitch running = side.Start(rig);
        Keep(ref _switch, running);
        try
        {
            IoTurn turn = new IoMeasurement(rig, running, options).Run();
            running.Stop();
            return turn;
        }
        catch (ComparisonException e)
        {
            throw new ComparisonException($"{side.Name}: {e.Message}", e);
        }
        finally
        {
            Keep(ref _switch, null);
            Keep(ref _rig, null);
        }
    }

    private static void Keep(ref IDisposable? place, IDisposable? thing)
    {
        lock (Guard)
        {
            place = thing;
        }
    }

    // What the terminal or a service sends must leave neither a namespace nor a process.
    private static void End(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (Guard)
        {
            _switch?.Dispose();
            _rig?.Dispose();
            Environment.Exit(130);
        }
    }
}
