using VxlanEngine.Tests.Pipeline;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>Every folder of pcaps/ that has a policy: what leaves, to the byte, and every counter.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenario.Names];

    [Fact]
    public void There_are_recorded_and_hand_made_scenarios()
    {
        Assert.True(Scenario.RecordedNames.Count() >= 24);
        Assert.True(Scenario.Names.Except(Scenario.RecordedNames, StringComparer.Ordinal).Count() >= 45);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Frames_verdicts_and_counters_are_the_ones_in_the_folder(string name)
    {
        Scenario scenario = Scenario.Load(name);
        ScenarioRun run = scenario.Replay();
        string json = CounterList.Json(run.Result.Counters);
        bool hasDrops = run.Result.Counters.Dropped > 0;
        if (RepositoryFiles.UpdateGolden)
        {
            File.WriteAllBytes(scenario.PathOf("out.pcapng"), run.Output);
            File.WriteAllText(scenario.PathOf("counters.json"), json);
            File.Delete(scenario.PathOf("drops.pcapng"));
            if (hasDrops)
            {
                File.WriteAllBytes(scenario.PathOf("drops.pcapng"), run.Drops);
            }
        }

        Assert.Empty(run.Result.Faults);
        Assert.True(run.Result.Counters.AddsUp);
        AssertStored(scenario, "out.pcapng", run.Output);
        Assert.Equal(hasDrops, File.Exists(scenario.PathOf("drops.pcapng")));
        if (hasDrops)
        {
            AssertStored(scenario, "drops.pcapng", run.Drops);
        }

        SortedDictionary<string, string> expected = CounterList.Expand(
            File.ReadAllText(scenario.PathOf("counters.json")), scenario.Policies);
        CaptureDifference.AssertNone(CounterList.Difference(expected, CounterList.Of(run.Result.Counters)));
        CaptureDifference.AssertNone(CounterList.Difference(expected, CounterList.Expand(json, scenario.Policies)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_second_replay_gives_the_same_bytes(string name)
    {
        Scenario scenario = Scenario.Load(name);
        ScenarioRun first = scenario.Replay();
        ScenarioRun second = scenario.Replay();
        CaptureDifference.AssertNone(CaptureDifference.Describe(first.Output, second.Output));
        CaptureDifference.AssertNone(CaptureDifference.Describe(first.Drops, second.Drops));
        Assert.Equal(CounterList.Json(first.Result.Counters), CounterList.Json(second.Result.Counters));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Packets_that_go_the_short_way_leave_as_the_same_frames(string name)
    {
        Scenario scenario = Scenario.Load(name);
        ScenarioRun explained = scenario.Replay();
        ScenarioRun quick = scenario.Replay(comments: false);
        Assert.Equal(Bare(explained.Output), Bare(quick.Output));
        Assert.Equal(Bare(explained.Drops), Bare(quick.Drops));
        CounterText.AssertEqual(explained.Result.Counters, quick.Result.Counters);

        static IEnumerable<string> Bare(byte[] capture) => CapturedFrame.ReadAll(capture)
            .Select(f => $"{f.PacketId} {f.Interface} {f.TimeNs} {Convert.ToHexString(f.Bytes)}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_frame_that_leaves_or_is_dropped_says_why(string name)
    {
        ScenarioRun run = Scenario.Load(name).Replay();
        CapturedFrame[] frames = [.. CapturedFrame.ReadAll(run.Output), .. CapturedFrame.ReadAll(run.Drops)];
        Assert.Equal(run.Result.Counters.Forwarded + run.Result.Counters.Dropped, frames.Length);
        Assert.All(frames, f => Assert.NotEmpty(f.Comment));
        Assert.All(frames, f => Assert.NotNull(f.PacketId));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_folder_says_what_happens_and_where_the_frames_come_from(string name)
    {
        string readme = File.ReadAllText(RepositoryFiles.PathOf($"pcaps/{name}/README.md"));
        Assert.StartsWith($"# {name}\n", readme, StringComparison.Ordinal);
        Assert.Contains(
            Scenario.RecordedNames.Contains(name, StringComparer.Ordinal) ? "Recorded on" : "Made by hand",
            readme,
            StringComparison.Ordinal);
    }

    private static void AssertStored(Scenario scenario, string file, byte[] actual) =>
        CaptureDifference.AssertNone(CaptureDifference.Describe(File.ReadAllBytes(scenario.PathOf(file)), actual));
}
