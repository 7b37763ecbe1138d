using System.CommandLine;
using VxlanEngine.Anonymization;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary><c>vxe anonymize</c>: makes captures, and the policy they go through, fit to be shown to others.</summary>
internal sealed class AnonymizeCommand
{
    private readonly CommandIo _io;
    private readonly AnonymizeOptions _options;

    private AnonymizeCommand(CommandIo io)
    {
        _io = io;
        _options = new AnonymizeOptions(io);
    }

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var anonymize = new AnonymizeCommand(io);
        var command = new Command(
            "anonymize",
            "Copy captures, and the policy they go through, with every address mapped and payload turned into zeros. "
            + "Returns 1 when packets of the copies would fare otherwise.");
        anonymize._options.AddTo(command);
        command.SetAction(anonymize.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        if (_options.Read(result) is not { } arguments)
        {
            return ExitCode.Usage;
        }

        SwitchPolicy? policy = null;
        if (arguments.Policy is not null)
        {
            policy = PolicyCommand.Load(arguments.Policy, _io);
            if (policy is null)
            {
                return ExitCode.Failed;
            }
        }

        var changes = new List<PolicyChange>();
        foreach ((TimeSpan after, string file) in arguments.Changes)
        {
            if (PolicyCommand.Load(file, _io) is not { } change)
            {
                return ExitCode.Failed;
            }

            changes.Add(new PolicyChange(after, change));
        }

        if (policy is not null
            && !new ReplayInputOptions(_io).HasPorts(policy, arguments.Inputs.Select(input => input.Port)))
        {
            return ExitCode.Usage;
        }

        try
        {
            return Anonymize(arguments, policy, changes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PolicyException)
        {
            _io.Error.WriteLine($"vxe: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private int Anonymize(AnonymizeArguments arguments, SwitchPolicy? policy, List<PolicyChange> changes)
    {
        SwitchPolicy[] policies =
            [.. new[] { policy }.OfType<SwitchPolicy>().Concat(changes.Select(change => change.Policy))];
        AnonymizationKey key =
            arguments.Key is null ? AnonymizationKey.CreateRandom() : AnonymizationKey.Parse(arguments.Key);
        var addresses = new AddressMapping(
            key, policies.SelectMany(PolicyAnonymizer.SubnetsOf).Concat(arguments.Subnets));
        var macs = new MacMapping(key, addresses);
        var mapper = new PolicyAnonymizer(addresses, macs);
        var frames = new FrameAnonymizer(
            addresses,
            macs,
            arguments.VxlanPorts.Select(port => KeyValuePair.Create(port, TunnelKind.Vxlan))
                .Concat(policies.SelectMany(PolicyAnonymizer.TunnelPortsOf)),
            policies.SelectMany(PolicyAnonymizer.AuthenticationsOf));
        foreach (string output in arguments.Outputs.Values)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        }

        var captures = new CaptureAnonymizer(frames) { Cuts = arguments.Cuts, Shift = arguments.Shift };
        foreach (string file in arguments.Captures)
        {
            long count = Copy(captures, file, arguments.Outputs[file]);
            _io.Output.WriteLine($"{arguments.Outputs[file]}: {count} packets");
        }

        if (policy is null)
        {
            return ExitCode.Done;
        }

        SwitchPolicy mapped = Save(mapper.Map(policy), arguments.Outputs[arguments.Policy!]);
        var mappedChanges = new List<PolicyChange>();
        foreach ((PolicyChange change, (_, string file)) in changes.Zip(arguments.Changes))
        {
            mappedChanges.Add(change with { Policy = Save(mapper.Map(change.Policy), arguments.Outputs[file]) });
        }

        return arguments.Cuts ? ExitCode.Done : Check(arguments, (policy, changes), (mapped, mappedChanges));
    }

    private long Copy(CaptureAnonymizer captures, string file, string output)
    {
        try
        {
            using CaptureReader first = CaptureReader.Open(file);
            captures.Learn(first);
        }
        catch (CaptureFormatException)
        {
            // The copy meets the same damage, and it is told then.
        }

        using CaptureReader reader = CaptureReader.Open(file);
        using CaptureWriter writer = CaptureWriter.Create(output, reader.Format);
        return CaptureFiles.RunWithProgress(
            _io,
            "copying",
            CaptureFiles.Length([file]),
            progress => captures.Copy(reader, writer, progress));
    }

    private SwitchPolicy Save(SwitchPolicy policy, string output)
    {
        File.WriteAllText(output, PolicyJson.ToJson(policy));
        _io.Output.WriteLine($"{output}: policy");
        return PolicyJson.Load(output);
    }

    private int Check(
        AnonymizeArguments arguments,
        (SwitchPolicy Policy, List<PolicyChange> Changes) original,
        (SwitchPolicy Policy, List<PolicyChange> Changes) mapped)
    {
        List<ReplayInput>? inputs = CaptureFiles.OpenAll([.. arguments.Inputs], _io);
        List<ReplayInput>? copies = CaptureFiles.OpenAll(
            [.. arguments.Inputs.Select(i => (i.Port, arguments.Outputs[i.File], i.Interface))], _io);
        if (inputs is null || copies is null)
        {
            return ExitCode.Failed;
        }

        ReplayAgreement agreement = ReplayCheck.Run(
            new ReplayOptions { Policy = original.Policy, Changes = original.Changes, Inputs = inputs },
            new ReplayOptions { Policy = mapped.Policy, Changes = mapped.Changes, Inputs = copies });
        if (agreement.Different == 0)
        {
            _io.Output.WriteLine($"{agreement.Packets} packets replayed: all fare as the originals do");
            return ExitCode.Done;
        }

        _io.Error.WriteLine(
            $"vxe: {agreement.Different} of {agreement.Packets} packets fare otherwise than the originals; "
            + "where a hash of addresses chooses, another key may do. The first:");
        _io.Error.WriteLine($"vxe: {agreement.FirstDifference}");
        return ExitCode.Different;
    }
}
