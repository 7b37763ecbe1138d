using System.CommandLine;
using System.Security.Cryptography;
using VxlanEngine.Cli.Control;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Policy.Json;
using VxlanEngine.Ports;

namespace VxlanEngine.Cli;

/// <summary><c>vxe run</c>: the live switch.</summary>
internal sealed class RunCommand
{
    private const int MostWorkers = 256;
    private const int Buffers = 2048;
    private const int LongestFrame = 64 * 1024;

    // Lanes hold frames of full length: 20 MiB each, of which only what is used takes memory.
    private const int LaneLength = 256;

    private readonly CommandIo _io;
    private readonly Option<string> _policy = new("--policy")
    {
        Description = "The policy, a JSON file; it is loaded again when it changes, and on SIGHUP.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string[]> _port = new("--port")
    {
        Description = $"What a port of the policy stands on: {LivePorts.Grammar}. Give one for each port.",
        HelpName = "PORT=KIND:ARGUMENT",
        Required = true,
    };

    private readonly Option<string?> _duration = new("--duration")
    {
        Description = "How long to run, such as 30s; until SIGINT or SIGTERM without.",
        HelpName = "TIME",
    };

    private readonly Option<bool> _busy = new("--busy")
    {
        Description = "Never sleep: the least delay, for a whole core.",
    };

    private readonly Option<int> _workers = new("--workers")
    {
        Description = "Number of threads that share the flows out, 1 to 256.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> _pin = new("--pin")
    {
        Description = "Tie worker n to core n.",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the summary as one JSON object.",
    };

    private readonly Option<string?> _control = new("--control")
    {
        Description = "A Unix socket to make, for vxe show, top, trace and capture; only its owner may use it.",
        HelpName = "SOCKET",
    };

    private bool _isRunning;

    private RunCommand(CommandIo io) => _io = io;

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var run = new RunCommand(io);
        var command = new Command("run", "Run a policy between interfaces of this machine until told to stop.");
        command.Options.Add(run._policy);
        command.Options.Add(run._port);
        command.Options.Add(run._duration);
        command.Options.Add(run._workers);
        command.Options.Add(run._pin);
        command.Options.Add(run._busy);
        command.Options.Add(run._control);
        command.Options.Add(run._json);
        command.SetAction(run.Run);
        return command;
    }

    /// <summary>Splits <c>PORT=KIND:ARGUMENT</c>.</summary>
    internal static bool TryParsePort(string text, out (string Port, string Device) port)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        port = (text[..Math.Max(equals, 0)], text[(equals + 1)..]);
        return equals > 0 && port.Device.Length > 0;
    }

    private int Run(ParseResult result)
    {
        var devices = new List<(string Port, string Device)>();
        if (!ReplayArguments.ParseAll(result, _port, "--port", TryParsePort, devices, _io))
        {
            return ExitCode.Usage;
        }

        TimeSpan? duration = null;
        if (result.GetValue(_duration) is string text)
        {
            if (!Durations.TryParse(text, out TimeSpan parsed))
            {
                _io.Error.WriteLine($"vxe: --duration {text}: expected a time such as 30s or 5m.");
                return ExitCode.Usage;
            }

            duration = parsed;
        }

        int workers = result.GetValue(_workers);
        if (workers is < 1 or > MostWorkers)
        {
            _io.Error.WriteLine($"vxe: --workers {workers}: expected 1 to {MostWorkers}.");
            return ExitCode.Usage;
        }

        string file = result.GetRequiredValue(_policy);
        if (PolicyCommand.Load(file, _io) is not { } policy)
        {
            return ExitCode.Failed;
        }

        if (!new ReplayInputOptions(_io).HasPorts(policy, devices.Select(device => device.Port)))
        {
            return ExitCode.Usage;
        }

        var ports = new List<PortQueues>();
        try
        {
            foreach ((string port, string device) in devices)
            {
                ports.Add(new PortQueues(port, LivePorts.OpenQueues(device, workers, DefaultsOf(policy, port))));
            }

            return Run(policy, file, ports, duration, result);
        }
        catch (Exception e) when (
            e is PortOpenException or IOException
            || (!_isRunning && e is FormatException or ArgumentException or NotSupportedException))
        {
            // Once it runs, nobody has said anything wrong any more: then it is the program that has, and says where.
            _io.Error.WriteLine($"vxe: {e.Message}");
            return e is PortOpenException or IOException or NotSupportedException ? ExitCode.Failed : ExitCode.Usage;
        }
        finally
        {
            ports.ForEach(port => port.Dispose());
        }
    }

    private static PortDefaults DefaultsOf(SwitchPolicy policy, string name)
    {
        Port port = policy.Ports.First(p => p.Name == name);
        return new PortDefaults(port.Mac, port.Mtu, port.Vlan, port.Kind == PortKind.Endpoint);
    }

    private int Run(
        SwitchPolicy policy, string file, List<PortQueues> ports, TimeSpan? duration, ParseResult result)
    {
        // Nobody outside may choose flows that collide.
        ulong key = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var limits = new SwitchLimits { HashKey = key };
        int count = result.GetValue(_workers);
        if (count > 1 || result.GetValue(_pin))
        {
            using SwitchWorkers workers = MakeWorkers(policy, ports, count, limits, result);
            using var several = new WorkersRunner(workers);
            return Run(several, file, ports, duration, result);
        }

        using var vswitch = new VirtualSwitch(policy, new VirtualSwitchOptions
        {
            BufferCount = Buffers,
            FrameCapacity = LongestFrame,
            Limits = limits,
        });
        foreach (PortQueues port in ports)
        {
            vswitch.Attach(port.Port, port.Queues[0]);
        }

        // Ports that share the switch's memory are opened anew by that: before it is said that all run.
        vswitch.Poll();
        var runner = new SingleRunner(vswitch, ports) { IsBusy = result.GetValue(_busy) };
        return Run(runner, file, ports, duration, result);
    }

    private SwitchWorkers MakeWorkers(
        SwitchPolicy policy, List<PortQueues> ports, int count, SwitchLimits limits, ParseResult result)
    {
        var queues = ports.ToDictionary(
            port => port.Port, port => (IReadOnlyList<IPacketPort>)port.Queues, StringComparer.Ordinal);
        return new SwitchWorkers(policy, count, queues, new SwitchWorkersOptions
        {
            BufferCount = Buffers,
            FrameCapacity = LongestFrame,
            LaneCapacity = LaneLength,
            Limits = limits,
            BusyPoll = result.GetValue(_busy),
            PinToCores = result.GetValue(_pin),
        });
    }

    private int Run(
        ISwitchRunner runner, string file, List<PortQueues> ports, TimeSpan? duration, ParseResult result)
    {
        var session = new RunSession(runner, file, ports, _io);
        using (result.GetValue(_control) is string path ? ControlServer.Open(path, session) : null)
        {
            _isRunning = true;
            session.Run(duration);
        }

        SwitchCounters counters = runner.ReadCounters();
        if (result.GetValue(_json))
        {
            ReplaySummary.WriteJson(counters, _io.Output);
        }
        else
        {
            session.WriteDevices();
            ReplaySummary.WriteTables(counters, _io);
        }

        return counters.AddsUp ? ExitCode.Done : ExitCode.Failed;
    }
}
