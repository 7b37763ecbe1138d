using System.CommandLine;
using VxlanEngine.Cli.Control;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Tracing;
using VxlanEngine.Wire;

namespace VxlanEngine.Cli;

/// <summary><c>vxe trace</c>: tells what happens to each packet, and why.</summary>
internal sealed class TraceCommand
{
    private readonly CommandIo _io;
    private readonly ReplayInputOptions _input;
    private readonly PacketFilterOptions _filter;
    private readonly Option<int?> _count = new("--count", "-c")
    {
        Description = "Tell of this many packets and stop.",
        HelpName = "N",
    };

    private readonly Option<bool> _explain = new("--explain")
    {
        Description = "Tell of every rule why it did not match.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a line." };

    private readonly Option<string?> _tuple = new("--tuple")
    {
        Description = "Ask what would happen to one packet, such as 'tcp 10.0.1.5:40000 > 10.0.1.6:443'; "
            + "needs no capture, and --port.",
        HelpName = "TUPLE",
    };

    private readonly Option<string?> _port = new("--port")
    {
        Description = "Port that the packet of --tuple enters at; with --control: only packets of this port.",
        HelpName = "PORT",
    };

    private readonly Option<string?> _vtep = new("--vtep")
    {
        Description = "VTEP that the packet of --tuple comes from, at an uplink.",
        HelpName = "ADDRESS",
    };

    private readonly Option<string?> _control = new("--control")
    {
        Description = "Tell of packets of a running switch as they come; the socket that its --control says.",
        HelpName = "SOCKET",
    };

    private TraceCommand(CommandIo io)
    {
        _io = io;
        _input = new ReplayInputOptions(io, needsInputs: false);
        _filter = new PacketFilterOptions(io);
    }

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var trace = new TraceCommand(io);
        var command = new Command("trace", "Tell what happens to each packet, and why.");
        trace._input.AddTo(command);
        command.Options.Add(trace._tuple);
        command.Options.Add(trace._port);
        command.Options.Add(trace._vtep);
        command.Options.Add(trace._count);
        trace._filter.AddTo(command);
        command.Options.Add(trace._control);
        command.Options.Add(trace._explain);
        command.Options.Add(trace._json);
        command.SetAction(trace.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        TracePattern? tuple = null;
        IpAddress vtep = default;
        if ((result.GetValue(_tuple) is string t && !Understand("--tuple", t, TracePattern.TryParse(t, out tuple)))
            || (result.GetValue(_vtep) is string v && !Understand("--vtep", v, IpAddress.TryParse(v, null, out vtep)))
            || !_filter.TryRead(result, out PacketFilter filter))
        {
            return ExitCode.Usage;
        }

        if (result.GetValue(_control) is string control)
        {
            return TraceLive(result, control, filter);
        }

        int code = _input.TryOpen(result, out ReplayInputs inputs);
        if (code != ExitCode.Done)
        {
            return code;
        }

        using (inputs)
        {
            bool asks = tuple is not null;
            if (asks == (inputs.Captures.Count > 0) || asks != (result.GetValue(_port) is not null))
            {
                _io.Error.WriteLine("vxe: give captures with -r, or one packet with --tuple and --port.");
                return ExitCode.Usage;
            }

            return asks
                ? Ask(result, inputs.Policy, tuple!, filter.Vni, vtep)
                : Trace(result, inputs, filter);
        }
    }

    private int TraceLive(ParseResult result, string control, PacketFilter filter)
    {
        if (result.GetValue(_tuple) is not null || result.GetValue(_explain) || _input.IsGiven(result))
        {
            _io.Error.WriteLine("vxe: --control goes with --flow, --vni, --verdict, --port, -c and --json.");
            return ExitCode.Usage;
        }

        var request = new ControlRequest
        {
            Command = ControlRequest.Trace,
            Flow = filter.FlowText,
            Vni = filter.Vni,
            Verdict = filter.Verdict,
            Port = result.GetValue(_port),
        };
        return LiveTrace.Run(
            control, request, result.GetValue(_count) ?? int.MaxValue, result.GetValue(_json), _io);
    }

    private bool Understand(string option, string text, bool understood)
    {
        if (!understood)
        {
            _io.Error.WriteLine($"vxe: {option} {text}: not understood; see vxe trace --help.");
        }

        return understood;
    }

    private int Ask(ParseResult result, SwitchPolicy policy, TracePattern tuple, uint? vniNumber, IpAddress vtep)
    {
        if (!_input.HasPorts(policy, [result.GetValue(_port)!]))
        {
            return ExitCode.Usage;
        }

        try
        {
            Vni? vni = vniNumber is uint number ? new Vni(number) : null;
            IpAddress? from = vtep.HasValue ? vtep : null;
            Tell(result, PacketTrace.Ask(policy, result.GetValue(_port)!, tuple, vni, from));
            return ExitCode.Done;
        }
        catch (ArgumentException e)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Usage;
        }
        catch (PolicyException e)
        {
            _io.Error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
    }

    private int Trace(ParseResult result, ReplayInputs inputs, PacketFilter filter)
    {
        int left = result.GetValue(_count) ?? int.MaxValue;
        var options = new TraceOptions
        {
            Policy = inputs.Policy,
            Inputs = inputs.Captures,
            Changes = inputs.Changes,
        };
        try
        {
            IReadOnlyList<CaptureFault> faults = PacketTrace.Run(options, story =>
            {
                if (left > 0 && filter.Wants(story))
                {
                    Tell(result, story);
                    left--;
                }

                return left > 0;
            });
            foreach (CaptureFault fault in faults)
            {
                _io.Error.WriteLine($"vxe: {fault.Error.Message}");
            }

            return faults.Count > 0 ? ExitCode.Failed : ExitCode.Done;
        }
        catch (PolicyException e)
        {
            _io.Error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
    }

    private void Tell(ParseResult result, PacketStory story)
    {
        if (result.GetValue(_json))
        {
            _io.Output.WriteLine(StoryJson.ToLine(story));
        }
        else
        {
            StoryText.Write(story, _io.Output, result.GetValue(_explain));
        }
    }
}
