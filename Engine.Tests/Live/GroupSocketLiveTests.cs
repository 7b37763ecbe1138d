using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>Groups that the kernel is in for a UDP socket.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class GroupSocketLiveTests : GroupRun
{
    [SkippableTheory]
    [InlineData("udp", Group, 3)]
    [InlineData("udp", Group6, 3)]
    [Trait("Scenario", "FD12"), Trait("Scenario", "VD20")]
    public void A_bridge_that_snoops_keeps_the_engine_in_the_group_and_a_kernel_hears_its_floods(
        string uplink, string group, int version) => Run(uplink, group, version);
}
