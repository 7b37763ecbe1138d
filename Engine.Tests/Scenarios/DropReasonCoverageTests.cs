using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>Every reason to drop a packet happens in a scenario, and <c>vxe drops</c> names one.</summary>
public sealed class DropReasonCoverageTests
{
    public static TheoryData<DropReason> Reasons =>
        [.. Enum.GetValues<DropReason>().Where(r => r != DropReason.None)];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_happens_in_a_scenario(DropReason reason) =>
        Assert.Contains(DropScenarios.Of(reason), Scenario.Names.Where(name => Drops(name, reason) > 0));

    private static long Drops(string scenario, DropReason reason)
    {
        string path = RepositoryFiles.PathOf($"pcaps/{scenario}/counters.json");
        using JsonDocument counters = JsonDocument.Parse(File.ReadAllBytes(path));
        return counters.RootElement.GetProperty("dropped").TryGetProperty(reason.Name(), out JsonElement count)
            ? count.GetInt64()
            : 0;
    }
}
