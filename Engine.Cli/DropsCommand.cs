using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using VxlanEngine.Packets;

namespace VxlanEngine.Cli;

/// <summary><c>vxe drops</c>: why packets are dropped.</summary>
internal static class DropsCommand
{
    // Sentences are for people: they keep their quotes and signs.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandIo io)
    {
        var name = new Argument<string?>("REASON")
        {
            Description = "Tell of this one only, and which scenario shows it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object a line." };
        var command = new Command("drops", "Tell why packets are dropped: every reason, and what it means.")
        {
            name,
            json,
        };
        command.SetAction(result => Run(result.GetValue(name), result.GetValue(json), io));
        return command;
    }

    private static int Run(string? name, bool json, CommandIo io)
    {
        DropReason[] reasons =
        [
            .. Enum.GetValues<DropReason>().Where(r => r != DropReason.None && (name is null || r.Name() == name)),
        ];
        if (reasons.Length == 0)
        {
            io.Error.WriteLine($"vxe: no packet is dropped for '{name}'; 'vxe drops' lists the reasons.");
            return ExitCode.Usage;
        }

        if (json)
        {
            Array.ForEach(reasons, reason => io.Output.WriteLine(ToJson(reason)));
        }
        else if (name is not null)
        {
            Tell(reasons[0], io);
        }
        else
        {
            var table = new TextTable("reason", "meaning");
            Array.ForEach(reasons, reason => table.Add(reason.Name(), reason.Sentence()));
            table.Write(io, indent: 0);
        }

        return ExitCode.Done;
    }

    private static void Tell(DropReason reason, CommandIo io)
    {
        io.Output.WriteLine($"{reason.Name()}: {reason.Sentence()}");
        io.Output.WriteLine($"To see it happen: pcaps/{DropScenarios.Of(reason)}/README.md");
    }

    private static string ToJson(DropReason reason)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            writer.WriteStartObject();
            writer.WriteString("reason", reason.Name());
            writer.WriteString("meaning", reason.Sentence());
            writer.WriteString("scenario", DropScenarios.Of(reason));
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
