using System.CommandLine;
using VxlanEngine.Tracing;
using VxlanEngine.Wire;

namespace VxlanEngine.Cli;

/// <summary>The options that say which packets are wanted, common to traces and live captures.</summary>
internal sealed class PacketFilterOptions(CommandIo io)
{
    private readonly Option<string?> _flow = new("--flow")
    {
        Description = "Only a flow, in both directions, such as 'tcp 10.0.1.5:* > *:443'.",
        HelpName = "TUPLE",
    };

    private readonly Option<uint?> _vni = new("--vni")
    {
        Description = "Only packets that came with this VNI; with trace --tuple at an uplink: the VNI to come with.",
        HelpName = "VNI",
    };

    private readonly Option<string?> _verdict = new("--verdict")
    {
        Description = "Only packets with this fate: forward, drop, punt, consume, or a drop reason.",
        HelpName = "FATE",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_flow);
        command.Options.Add(_vni);
        command.Options.Add(_verdict);
    }

    /// <summary>Reads the options, or says what is wrong with them.</summary>
    public bool TryRead(ParseResult result, out PacketFilter filter)
    {
        filter = new PacketFilter(result.GetValue(_flow), null, result.GetValue(_vni), result.GetValue(_verdict));
        TracePattern? flow = null;
        if (filter.FlowText is string text && !TracePattern.TryParse(text, out flow))
        {
            return Refuse(result, "--flow", text);
        }

        filter = filter with { Flow = flow };
        return filter.Vni is null or <= Vni.MaxValue || Refuse(result, "--vni", $"{filter.Vni}");
    }

    private bool Refuse(ParseResult result, string option, string text)
    {
        io.Error.WriteLine(
            $"vxe: {option} {text}: not understood; see vxe {result.CommandResult.Command.Name} --help.");
        return false;
    }
}
