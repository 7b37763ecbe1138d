using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>Every reason to drop a packet happens in a scenario, and <c>vxe drops</c> names one.</summary>
public sealed class DropReasonCoverageTests
{
    /// <summary>What no replay reaches, and why; unit tests of the pipeline do.</summary>
    private static readonly Dictionary<DropReason, string> Unreachable = new()
    {
        [DropReason.FrameTooLong] = "captures hold no longer frames than the replay's buffers",
        [DropReason.HeadroomExhausted] = "a replayed frame has room for the headers of two tunnels, and gets one",
        [DropReason.PoolExhausted] = "a replay has one frame and its copy in hand, and 64 buffers",
        [DropReason.EgressFull] = "a capture file takes every frame",
    };

    public static TheoryData<DropReason> Reasons =>
        [.. Enum.GetValues<DropReason>().Where(r => r != DropReason.None)];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_happens_in_a_scenario_unless_no_replay_can_reach_it(DropReason reason)
    {
        string[] scenarios = [.. Scenario.Names.Where(name => Drops(name, reason) > 0)];
        Assert.Equal(Unreachable.ContainsKey(reason), scenarios.Length == 0);
        string? shown = DropScenarios.Of(reason);
        Assert.Equal(Unreachable.ContainsKey(reason), shown is null);
        Assert.True(shown is null || scenarios.Contains(shown, StringComparer.Ordinal), $"not in {shown}");
    }

    private static long Drops(string scenario, DropReason reason)
    {
        string path = RepositoryFiles.PathOf($"pcaps/{scenario}/counters.json");
        using JsonDocument counters = JsonDocument.Parse(File.ReadAllBytes(path));
        return counters.RootElement.GetProperty("dropped").TryGetProperty(reason.Name(), out JsonElement count)
            ? count.GetInt64()
            : 0;
    }
}
