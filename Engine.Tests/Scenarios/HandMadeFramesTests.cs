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

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_frame_leaves_as_the_one_built_for_it(string name)
    {
        ILookup<ulong, CapturedFrame> sent = CapturedFrame.ReadAll(Scenario.Load(name).Replay().Output)
            .ToLookup(f => f.PacketId!.Value);
        for (int i = 0; i < HandMadeFrames.All[name].Length; i++)
        {
            HandMadeFrame made = HandMadeFrames.All[name][i];
            CapturedFrame[] left = [.. sent[(ulong)i + 1]];
            Assert.True(made.Becomes.Count == 0 || made.Becomes.Count == left.Length, $"Frame {i + 1}");
            foreach ((byte[] expected, CapturedFrame actual) in made.Becomes.Zip(left))
            {
                string rows = CaptureDifference.Rows(Comparable(expected), Comparable(actual.Bytes));
                Assert.True(rows.Length == 0, $"Frame {i + 1}, built (-), sent (+): {actual.Comment}\n{rows}");
            }
        }
    }

    /// <summary>A frame without what the engine's hash chooses: the source port, and a checksum over it.</summary>
    private static byte[] Comparable(byte[] frame) =>
        TunnelFrame.IsTunnel(frame) ? new TunnelFrame(frame).WithoutSourcePort : frame;

    /// <summary>The part of a comment that says what became of the frame.</summary>
    private static string Fate(CapturedFrame frame)
    {
        string[] parts = frame.Comment.Split(": ");
        return parts[0].Contains(" > ", StringComparison.Ordinal) ? parts[0].Split(" > ")[1].Split(';')[0]
            : parts[1].Split(';')[0];
    }
}
