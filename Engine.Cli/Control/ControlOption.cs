using System.CommandLine;

namespace VxlanEngine.Cli.Control;

/// <summary>Which running switch a command speaks to.</summary>
internal sealed class ControlOption : Option<string>
{
    public ControlOption()
        : base("--control")
    {
        Description = "The socket of the running switch: what its own --control says.";
        HelpName = "SOCKET";
        Required = true;
    }
}
