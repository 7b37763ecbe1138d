using System.CommandLine;
using VxlanEngine.Policy;

namespace VxlanEngine.Cli;

/// <summary><c>vxe policy</c>: checks and shows policies.</summary>
internal static class PolicyCommand
{
    private const string StandardInput = "-";

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var command = new Command("policy", "Check, show and describe policies.");
        command.Subcommands.Add(CreateCheck(io));
        command.Subcommands.Add(CreateShow(io));
        command.Subcommands.Add(CreateSchema(io));
        return command;
    }

    /// <summary>Loads a policy, or says on the error stream what is wrong with it and returns null.</summary>
    /// <param name="file">Name of the file, <c>-</c> for standard input.</param>
    /// <param name="io">Where to read and write.</param>
    public static SwitchPolicy? Load(string file, CommandIo io)
    {
        try
        {
            if (file != StandardInput)
            {
                return PolicyJson.Load(file);
            }

            using Stream input = io.OpenInput();
            return PolicyJson.Load(input, "standard input");
        }
        catch (PolicyException e)
        {
            io.Error.WriteLine(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            io.Error.WriteLine($"{file}: {e.Message}");
        }

        return null;
    }

    private static Command CreateCheck(CommandIo io)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Policies to check; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("check", "Tell every mistake in policies, with line and path.") { files };
        command.SetAction(result =>
        {
            int exitCode = ExitCode.Done;
            foreach (string file in result.GetRequiredValue(files))
            {
                exitCode = Math.Max(exitCode, Check(file, io));
            }

            return exitCode;
        });
        return command;
    }

    private static Command CreateShow(CommandIo io)
    {
        var file = new Argument<string>("FILE") { Description = "The policy; - is standard input." };
        var json = new Option<bool>("--json") { Description = "Print the canonical JSON instead." };
        var command = new Command("show", "Print a policy as tables, layers in the order of traversal.") { file, json };
        command.SetAction(result =>
        {
            if (Load(result.GetRequiredValue(file), io) is not { } policy)
            {
                return ExitCode.Failed;
            }

            if (result.GetValue(json))
            {
                io.Output.Write(PolicyJson.ToJson(policy));
            }
            else
            {
                PolicyView.Write(policy, io);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateSchema(CommandIo io)
    {
        var command = new Command("schema", "Print the JSON Schema of policies, for editors.");
        command.SetAction(_ =>
        {
            io.Output.Write(PolicyJson.Schema);
            return ExitCode.Done;
        });
        return command;
    }

    private static int Check(string file, CommandIo io)
    {
        if (Load(file, io) is not { } policy)
        {
            return ExitCode.Failed;
        }

        int rules = policy.Layers.Sum(layer => layer.Groups.Sum(group => group.Rules.Count));
        io.Output.WriteLine(
            $"{file}: ok, {Count(policy.Ports.Count, "port")}, {Count(policy.Networks.Count, "network")}, "
            + $"{Count(policy.Layers.Count, "layer")}, {Count(rules, "rule")}");
        return ExitCode.Done;
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
