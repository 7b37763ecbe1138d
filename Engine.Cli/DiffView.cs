using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary>What <c>vxe diff</c> says: a sentence for each cause, or one JSON object.</summary>
internal static class DiffView
{
    // The text is for programs and people, never for a web page: '>' and '→' stay readable.
    private static readonly JsonWriterOptions Json = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a line for each group, and one for the whole.</summary>
    public static void WriteText(ComparisonResult compared, TextWriter output)
    {
        foreach (DifferenceGroup group in compared.Groups)
        {
            output.WriteLine(group);
        }

        if (compared.Ungrouped > 0)
        {
            output.WriteLine(
                $"{Text(compared.Ungrouped)} more, in more groups than the {Text(compared.Groups.Count)} above");
        }

        output.WriteLine($"{Text(compared.Same)} the same, {Text(compared.Different)} different");
    }

    /// <summary>Writes one JSON object.</summary>
    public static void WriteJson(ComparisonResult compared, TextWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Json))
        {
            json.WriteStartObject();
            json.WriteNumber("same", compared.Same);
            json.WriteNumber("different", compared.Different);
            json.WriteNumber("ungrouped", compared.Ungrouped);
            json.WriteStartArray("groups");
            foreach (DifferenceGroup group in compared.Groups)
            {
                WriteGroup(json, group);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void WriteGroup(Utf8JsonWriter json, DifferenceGroup group)
    {
        json.WriteStartObject();
        json.WriteNumber("count", group.Count);
        json.WriteString("ingress", group.Ingress);
        WriteFate(json, "before", group.Before);
        WriteFate(json, "after", group.After);
        json.WriteStartArray("changes");
        foreach (FieldChange change in group.Changes)
        {
            json.WriteStartObject();
            json.WriteString("field", change.Field);
            json.WriteString("before", change.Before);
            json.WriteString("after", change.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("changesVary", group.ChangesVary);
        json.WriteStartArray("packets");
        foreach (ComparedPacket packet in group.Examples)
        {
            json.WriteStartObject();
            json.WriteNumber("number", packet.Number);
            json.WriteNumber("timeNs", packet.TimeNs);
            json.WriteString("ingress", packet.Ingress);
            json.WriteString("conversation", packet.Conversation);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("text", group.ToString());
        json.WriteEndObject();
    }

    private static void WriteFate(Utf8JsonWriter json, string name, PacketFate fate)
    {
        json.WriteStartObject(name);
        json.WriteString("outcome", fate.Outcome);
        json.WriteString("rule", fate.Rule);
        json.WriteEndObject();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
