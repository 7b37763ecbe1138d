using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>
/// <c>--soak</c>: a live switch under mixed traffic, with another policy every second, interfaces that go down for a
/// moment, and an endpoint that moves from VTEP to VTEP.
/// </summary>
/// <remarks>
/// Exit code: 0 when no connection was lost, memory after a forced collection stayed within 5 % from the first to the
/// last minute, and the counters add up; 1 when not, 2 for a wrong command line or without the rights. Before the first
/// minute, policies change as fast as they go for a while: what grows to a bound with them has reached it then, and all
/// code is compiled as it stays.
/// </remarks>
internal static class SoakCommand
{
    private const string Grammar = "--soak [--ports raw|xdp] [--minutes N], at least 2";
    private const double Tolerance = 0.05;
    private const string TieredCompilation = "DOTNET_TieredCompilation";
    private const int FlapInterval = 7;

    // Seconds. Under each policy packets leave in two ways at least, each of which takes another one of the fast path's
    // places for actions, of which there are 16 384: half as many policies take all, at some 140 a second.
    private const int Warmup = 60;

    private static readonly TimeSpan WarmupInterval = TimeSpan.FromMilliseconds(4);

    private static readonly TimeSpan FlapTime = TimeSpan.FromMilliseconds(300);

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        if (!TryParse(args, out string kind, out int minutes))
        {
            Console.Error.WriteLine(Grammar);
            return 2;
        }

        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Console.Error.WriteLine("The soak makes network namespaces: run it as root, on Linux.");
            return 2;
        }

        if (Environment.GetEnvironmentVariable(TieredCompilation) is null)
        {
            return RunCompiledOnce(args);
        }

        using var rig = new IoRig();
        using PosixSignalRegistration interrupt = EndOn(PosixSignal.SIGINT, rig);
        using PosixSignalRegistration terminate = EndOn(PosixSignal.SIGTERM, rig);
        try
        {
            return Soak(rig, kind, minutes) ? 0 : 1;
        }
        catch (ComparisonException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static bool TryParse(ReadOnlySpan<string> args, out string kind, out int minutes)
    {
        (kind, minutes) = ("raw", 30);
        bool isRight = args.Length % 2 == 0;
        for (; isRight && args.Length > 0; args = args[2..])
        {
            isRight = args switch
            {
                ["--minutes", string text, ..] =>
                    int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out minutes) && minutes >= 2,
                ["--ports", "raw" or "xdp", ..] => (kind = args[1]).Length > 0,
                _ => false,
            };
        }

        return isRight;
    }

    /// <summary>Runs the command in a process whose code is compiled once, when it is first used.</summary>
    /// <remarks>
    /// The runtime compiles once more what was called often, rare things perhaps after a quarter of an hour, and each
    /// of its threads that does keeps memory of its own: what grows then is not the switch's.
    /// </remarks>
    private static int RunCompiledOnce(string[] args)
    {
        string[] self = ChildProcess.Self(["--soak", .. args]);
        var start = new ProcessStartInfo(self[0], self[1..]) { UseShellExecute = false };
        start.Environment[TieredCompilation] = "0";
        start.Environment["MALLOC_ARENA_MAX"] = "1";
        using Process process = Process.Start(start)!;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            Tool.TryRun("kill", [process.Id.ToString(CultureInfo.InvariantCulture)]);
        });
        process.WaitForExit();
        return process.ExitCode;
    }

    // What the terminal sends must not leave the namespaces; processes in them end with their wires.
    private static PosixSignalRegistration EndOn(PosixSignal signal, IoRig rig) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            foreach (string name in new[] { rig.Tenant, rig.Peer })
            {
                Tool.TryRun("sh", ["-c", $"kill -KILL $(ip netns pids {name})"]);
            }

            rig.Dispose();
            context.Cancel = false;
        });

    private static bool Soak(IoRig rig, string kind, int minutes)
    {
        // One of two megabytes is resident as a whole once a byte of it was touched.
        Linux.UseSmallPages();
        rig.AddTenantWire();
        IoRig.Ip(rig.Peer, $"address add {SoakPolicies.OtherVtep}/24 dev {IoRig.Underlay}");
        IReadOnlyList<SwitchPolicy> policies = SoakPolicies.Make(rig.WritePolicy());
        using var running = new SoakSwitch(rig, kind, policies[0]);
        rig.WaitForAnswer();
        using var connections = new SoakConnections(rig);
        using var traffic = new SoakTraffic(rig, (minutes * 60) + Warmup + 2);
        List<SoakSample> samples = [];
        var clock = Stopwatch.StartNew();
        int applied = 0;
        for (int second = 1 - Warmup; second <= minutes * 60; second++)
        {
            running.Apply(policies[++applied % policies.Count]);
            if (second % FlapInterval == 0)
            {
                Flap(rig, second % (2 * FlapInterval) == 0 ? "web" : "uplink");
            }

            TimeSpan end = TimeSpan.FromSeconds(second + Warmup);
            while (second <= 0 && clock.Elapsed < end)
            {
                running.Apply(policies[++applied % policies.Count]);
                Thread.Sleep(WarmupInterval);
            }

            TimeSpan left = end - clock.Elapsed;
            Thread.Sleep(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            if (second == 0)
            {
                Tell($"warm: {running.Generation} policies");
            }
            else if (second > 0 && second % 60 == 0)
            {
                connections.Check();
                samples.Add(SoakSample.Now());
                Tell($"minute {second / 60}: connections there; {samples[^1]}");
            }
        }

        traffic.WaitForEnd();
        connections.Check();
        (SwitchCounters counters, IReadOnlyList<string> ports) = running.Stop();
        return Judge(samples, counters, ports);
    }

    private static void Flap(IoRig rig, string device)
    {
        IoRig.Ip(rig.Middle, $"link set {device} down");
        Thread.Sleep(FlapTime);
        IoRig.Ip(rig.Middle, $"link set {device} up");
    }

    private static bool Judge(List<SoakSample> samples, SwitchCounters counters, IReadOnlyList<string> ports)
    {
        (double heap, double native) = samples[^1].Beside(samples[0]);
        Tell($"dropped: {string.Join(", ", counters.DroppedByReason.Select(d => $"{d.Key} {d.Value}"))}");
        ports.ToList().ForEach(Console.WriteLine);
        string sum = counters.AddsUp ? "it adds up" : "it does not add up";
        Tell($"{counters.Received} packets, no connection lost; {sum}");
        Tell($"from the first to the last minute: heap {heap:+0.0%;-0.0%}, native {native:+0.0%;-0.0%}");
        return counters.AddsUp && heap < Tolerance && native < Tolerance;
    }

    private static void Tell(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
