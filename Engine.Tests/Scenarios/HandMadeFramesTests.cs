using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>Scenarios made by hand: their captures, and what was said beforehand of every frame.</summary>
public sealed class HandMadeFramesTests
{
    public static TheoryData<string> Names => [.. HandMadeFrames.All.Keys];

    [Fact]
    public void Every_scenario_that_was_not_recorded_is_made_here() =>
        Assert.Equal(
            Scenario.Names.Except(Scenario.RecordedNames, StringComparer.Ordinal),
            HandMadeFrames.All.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void The_captures_hold_the_frames_that_are_made_here(string name)
    {
        Scenario scenario = Scenario.Load(name);
        foreach (string port in HandMadeFrames.All[name].Select(f => f.Port).Distinct(StringComparer.Ordinal))
        {
            byte[] stored = File.ReadAllBytes(scenario.PathOf($"{port}.in.pcap"));
            CaptureDifference.AssertNone(CaptureDifference.Describe(HandMadeFrames.Capture(name, port), stored));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_frame_meets_the_fate_written_beside_it(string name)
    {
        ScenarioRun run = Scenario.Load(name).Replay();
        ILookup<ulong, string> fates = CapturedFrame.ReadAll(run.Output)
            .Concat(CapturedFrame.ReadAll(run.Drops))
            .ToLookup(f => f.PacketId!.Value, Fate);

        IEnumerable<string> expected = HandMadeFrames.All[name].Select((frame, i) => $"{i + 1}: {frame.Fate}");
        IEnumerable<string> actual = HandMadeFrames.All[name]
            .Select((_, i) => $"{i + 1}: {string.Join(", ", fates[(ulong)i + 1])}");
        Assert.Equal(expected, actual);
    }

    /// <summary>The part of a comment that says what became of the frame.</summary>
    private static string Fate(CapturedFrame frame)
    {
        string[] parts = frame.Comment.Split(": ");
        return parts[0].Contains(" > ", StringComparison.Ordinal) ? parts[0].Split(" > ")[1] : parts[1];
    }
}
