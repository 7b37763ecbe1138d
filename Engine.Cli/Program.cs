using System.CommandLine;
using VxlanEngine.Cli.Control;

namespace VxlanEngine.Cli;

/// <summary>The <c>vxe</c> tool.</summary>
internal static class Program
{
    /// <summary>Runs a command line on a given console, and returns its exit code.</summary>
    public static int Run(string[] args, CommandIo io)
    {
        // File names may start with '@', so that sign opens no response file.
        ParseResult result = CreateRoot(io).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
        {
            foreach (string message in result.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
            {
                io.Error.WriteLine($"vxe: {message}");
            }

            io.Error.WriteLine("Try 'vxe --help', or --help after a command.");
            return ExitCode.Usage;
        }

        return result.Invoke(new InvocationConfiguration { Output = io.Output, Error = io.Error });
    }

    private static int Main(string[] args) => Run(args, CommandIo.Console);

    private static RootCommand CreateRoot(CommandIo io)
    {
        var root = new RootCommand(
            "A user-mode VXLAN data plane: checks policies, compares them, runs them, replays captures through them, "
            + "and makes captures anonymous.");
        root.Subcommands.Add(RunCommand.Create(io));
        root.Subcommands.Add(ShowCommand.Create(io));
        root.Subcommands.Add(TopCommand.Create(io));
        root.Subcommands.Add(CaptureCommand.Create(io));
        root.Subcommands.Add(ReplayCommand.Create(io));
        root.Subcommands.Add(TraceCommand.Create(io));
        root.Subcommands.Add(DiffCommand.Create(io));
        root.Subcommands.Add(AnonymizeCommand.Create(io));
        root.Subcommands.Add(PolicyCommand.Create(io));
        root.Subcommands.Add(DropsCommand.Create(io));
        return root;
    }
}
