using System.Globalization;

namespace VxlanEngine.Tracing;

/// <summary>Writes packet stories as a colleague would tell them.</summary>
public static class StoryText
{
    /// <summary>Writes one story, a block of lines and an empty one.</summary>
    /// <param name="story">The story.</param>
    /// <param name="output">Where to.</param>
    /// <param name="explain">Whether rules that did not match are told too, with the condition that failed.</param>
    public static void Write(PacketStory story, TextWriter output, bool explain = false)
    {
        ArgumentNullException.ThrowIfNull(story);
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine(
            $"packet {story.Number}  {Time(story.TimeNs)}  {story.Port}  {story.Length} bytes  {story.Packet}");
        Line(output, "headers", story.Headers);
        if (story.Station is not null)
        {
            Line(output, "station", story.Station switch
            {
                "learnt" => "its sender is learnt to be where it came from",
                "moved" => "its sender has moved to where it came from",
                _ => "its sender is not learnt now: too much has changed within a second",
            });
        }

        if (story.Layers.Count > 0)
        {
            Line(output, "flow", story.Flow switch
            {
                "hit" => "known: stateful layers decide as they did for its first packet",
                "renewed" => "known, but the policy or its tunnel has changed since: every layer reads its rules again",
                "miss" => "new: every layer reads its rules",
                _ => "none: only IP packets belong to flows",
            });
        }

        foreach (LayerStory layer in story.Layers)
        {
            WriteLayer(layer, output, explain);
        }

        foreach (OutcomeStory outcome in story.Outcomes)
        {
            foreach (string step in outcome.Done)
            {
                Line(output, "transpose", step);
            }

            string what = outcome.Origin == "received" ? string.Empty : $" ({outcome.Origin})";
            Line(output, "leaves", $"{outcome.Egress}  {outcome.Length} bytes{what}  {outcome.Headers}");
        }

        WriteVerdict(story, output);
        output.WriteLine();
    }

    private static void WriteLayer(LayerStory layer, TextWriter output, bool explain)
    {
        string where = $"{layer.Layer} ({layer.Direction} at {layer.Port})";
        Line(output, "layer", layer.Source switch
        {
            "default" => $"{where}: no rule matches {layer.Packet}; default {layer.Action}",
            "flow" => $"{where}: {layer.Rule} made the flow; {layer.Action}",
            _ => $"{where}: {layer.Rule} matches {layer.Packet}; {layer.Action}",
        });
        if (!explain)
        {
            return;
        }

        foreach (GroupStory group in layer.Groups)
        {
            if (!group.Visited)
            {
                Line(output, "", $"group {group.Group}: not visited");
                continue;
            }

            foreach (RuleExplanation rule in group.Rules)
            {
                Line(output, "", $"group {group.Group}: {rule.Rule}: {rule.Reason ?? "matches"}");
            }
        }
    }

    private static void WriteVerdict(PacketStory story, TextWriter output)
    {
        string by = story.DecidedBy is null ? string.Empty : $" by {story.DecidedBy}";
        Line(output, "verdict", story.Verdict switch
        {
            "drop" when story.Explanation is not null =>
                $"drop: {story.Reason}{by}. {story.Explanation}",
            "punt" => $"punt: {story.Reason}{by}",
            "consume" => "consume: the switch answered it itself",
            _ => $"forward{by}",
        });
    }

    private static void Line(TextWriter output, string label, string text) =>
        output.WriteLine($"  {label,-10} {text}");

    private static string Time(long timeNs)
    {
        DateTime time = DateTime.UnixEpoch.AddTicks(timeNs / TimeSpan.NanosecondsPerTick);
        return time.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
    }
}
