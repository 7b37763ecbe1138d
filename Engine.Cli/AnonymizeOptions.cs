using System.CommandLine;
using System.Globalization;
using VxlanEngine.Wire;

namespace VxlanEngine.Cli;

/// <summary>The options of <c>vxe anonymize</c>.</summary>
internal sealed class AnonymizeOptions(CommandIo io)
{
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "One capture, without a policy.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _write = new("--write", "-w")
    {
        Description = "Where the one capture goes.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _policy = new("--policy")
    {
        Description = "A policy whose addresses are mapped too; the copies are checked to fare like the originals.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _read = new("--read", "-r", "--receive")
    {
        Description = "A capture whose frames enter at a port. Give one for each capture.",
        HelpName = "PORT=FILE[#INTERFACE]",
    };

    private readonly Option<string[]> _policyAt = new("--policy-at")
    {
        Description = "Another policy from some time after the first frame on, such as 1.5s=other.json.",
        HelpName = "OFFSET=FILE",
    };

    private readonly Option<string?> _out = new("--out", "-o")
    {
        Description = "The folder that copies of policies and captures go to, under their own names.",
        HelpName = "FOLDER",
    };

    private readonly Option<string?> _key = new("--key")
    {
        Description = "64 hexadecimal digits or a passphrase; the same key maps alike. Random without.",
        HelpName = "TEXT",
    };

    private readonly Option<string[]> _subnet = new("--subnet")
    {
        Description = "An IPv4 subnet whose network and broadcast address stay such, besides those of the policy.",
        HelpName = "PREFIX",
    };

    private readonly Option<string[]> _vxlanPort = new("--vxlan-port")
    {
        Description = "A UDP port of VXLAN besides 4789 and those of the policy.",
        HelpName = "PORT",
    };

    private readonly Option<string?> _shift = new("--shift")
    {
        Description = "Seconds to add to every time stamp; may be negative.",
        HelpName = "SECONDS",
    };

    private readonly Option<bool> _cut = new("--cut")
    {
        Description = "End captured frames behind their headers instead of filling them with zeros; "
            + "a replay drops such frames.",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_file);
        foreach (Option option in new Option[]
            { _policy, _read, _policyAt, _out, _write, _key, _subnet, _vxlanPort, _shift, _cut })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads the command line, or says what is wrong with it and returns null.</summary>
    public AnonymizeArguments? Read(ParseResult result)
    {
        var inputs = new List<(string Port, string File, string? Interface)>();
        var changes = new List<(TimeSpan After, string File)>();
        var subnets = new List<IpPrefix>();
        var ports = new List<ushort>();
        var shifts = new List<TimeSpan>();
        string? shift = result.GetValue(_shift);
        bool understood =
            ReplayArguments.ParseAll(result, _read, "-r", ReplayArguments.TryParseInput, inputs, io)
            & ReplayArguments.ParseAll(result, _policyAt, "--policy-at", ReplayArguments.TryParsePolicyAt, changes, io)
            & ReplayArguments.ParseAll(result, _subnet, "--subnet", TryParseSubnet, subnets, io)
            & ReplayArguments.ParseAll(result, _vxlanPort, "--vxlan-port", TryParsePort, ports, io);
        if (shift is not null && !TryParseShift(shift, shifts))
        {
            io.Error.WriteLine($"vxe: --shift {shift}: expected a number of seconds.");
            understood = false;
        }

        if (Fault(result, inputs) is string fault)
        {
            io.Error.WriteLine($"vxe: {fault}");
            understood = false;
        }

        return understood && Outputs(result, inputs, changes) is { } outputs
            ? new AnonymizeArguments
            {
                Policy = result.GetValue(_policy),
                Changes = [.. changes.OrderBy(change => change.After)],
                Inputs = inputs,
                Outputs = outputs,
                Captures = [.. new[] { result.GetValue(_file) }.OfType<string>()
                    .Concat(inputs.Select(input => input.File)).Distinct(StringComparer.Ordinal)],
                Key = result.GetValue(_key),
                Subnets = subnets,
                VxlanPorts = ports,
                Shift = shifts.FirstOrDefault(),
                Cuts = result.GetValue(_cut),
            }
            : null;
    }

    private string? Fault(ParseResult result, List<(string Port, string File, string? Interface)> inputs)
    {
        bool isSingle = result.GetValue(_file) is not null;
        bool hasPolicy = result.GetValue(_policy) is not null;
        if (result.GetValue(_key)?.Length == 0)
        {
            return "--key: expected 64 hexadecimal digits or a passphrase.";
        }

        if (isSingle)
        {
            return hasPolicy || inputs.Count > 0 || result.GetValue(_out) is not null
                || result.GetValue(_write) is null
                ? "one capture needs -w FILE and nothing of --policy, -r and --out."
                : null;
        }

        return !hasPolicy || inputs.Count == 0 || result.GetValue(_out) is null || result.GetValue(_write) is not null
            ? "give one capture and -w FILE, or --policy FILE, -r PORT=FILE and --out FOLDER."
            : null;
    }

    /// <summary>Where each file goes, or null, said why, when one would overwrite another.</summary>
    private Dictionary<string, string>? Outputs(
        ParseResult result,
        List<(string Port, string File, string? Interface)> inputs,
        List<(TimeSpan After, string File)> changes)
    {
        string folder = result.GetValue(_out) ?? string.Empty;
        string[] files =
        [
            .. new[] { result.GetValue(_policy) }.OfType<string>()
                .Concat(changes.Select(change => change.File))
                .Concat(inputs.Select(input => input.File))
                .Distinct(StringComparer.Ordinal),
        ];
        Dictionary<string, string> outputs = files.ToDictionary(
            file => file, file => Path.Combine(folder, Path.GetFileName(file)), StringComparer.Ordinal);
        if (result.GetValue(_file) is string single)
        {
            outputs.Add(single, result.GetRequiredValue(_write)!);
        }

        var read = new HashSet<string>(outputs.Keys.Select(Path.GetFullPath), StringComparer.Ordinal);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (string output in outputs.Values)
        {
            string path = Path.GetFullPath(output);
            if (read.Contains(path) || !written.Add(path))
            {
                io.Error.WriteLine(read.Contains(path)
                    ? $"vxe: {output} is read, so it cannot be written."
                    : $"vxe: two files would become {output}.");
                return null;
            }
        }

        return outputs;
    }

    private static bool TryParseSubnet(string text, out IpPrefix subnet) =>
        IpPrefix.TryParse(text, CultureInfo.InvariantCulture, out subnet);

    private static bool TryParsePort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0;

    private static bool TryParseShift(string text, List<TimeSpan> shifts)
    {
        const decimal Limit = 4_000_000_000;
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (!decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out decimal seconds)
            || Math.Abs(seconds) > Limit)
        {
            return false;
        }

        shifts.Add(TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond)));
        return true;
    }
}
