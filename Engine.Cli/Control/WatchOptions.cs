using System.CommandLine;
using VxlanEngine.Tracing;
using VxlanEngine.Wire;

namespace VxlanEngine.Cli.Control;

/// <summary>The options that say which packets of a running switch are wanted.</summary>
internal sealed class WatchOptions
{
    private readonly Option<string?> _flow = new("--flow")
    {
        Description = "Only a flow, in both directions, such as 'tcp 10.0.1.5:* > *:443'.",
        HelpName = "TUPLE",
    };

    private readonly Option<uint?> _vni = new("--vni")
    {
        Description = "Only packets that came with this VNI.",
        HelpName = "VNI",
    };

    private readonly Option<string?> _verdict = new("--verdict")
    {
        Description = "Only packets with this fate: forward, drop, punt, consume, or a drop reason.",
        HelpName = "FATE",
    };

    private readonly Option<string?> _port = new("--port")
    {
        Description = "Only packets that came or left at this port.",
        HelpName = "PORT",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_flow);
        command.Options.Add(_vni);
        command.Options.Add(_verdict);
        command.Options.Add(_port);
    }

    /// <summary>Makes the request.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="io">Where to say what is wrong.</param>
    /// <returns>The request; null when an option makes no sense.</returns>
    public ControlRequest? Read(ParseResult result, string command, CommandIo io)
    {
        string? flow = result.GetValue(_flow);
        uint? vni = result.GetValue(_vni);
        bool understood = (flow is null || TracePattern.TryParse(flow, out _)) && vni is null or <= Vni.MaxValue;
        if (!understood)
        {
            io.Error.WriteLine($"vxe: {(vni > Vni.MaxValue ? $"--vni {vni}" : $"--flow {flow}")}: not understood.");
            return null;
        }

        return new ControlRequest
        {
            Command = command,
            Flow = flow,
            Vni = vni,
            Verdict = result.GetValue(_verdict),
            Port = result.GetValue(_port),
        };
    }
}
