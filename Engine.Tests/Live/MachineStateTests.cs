using VxlanEngine.Ports;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>What a live test leaves behind is found, of every kind.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[Trait(LiveTests.Category, LiveTests.Alone)]
[LeavesNothing]
public sealed class MachineStateTests
{
    [SkippableTheory]
    [InlineData("raw:web", "descriptor socket")]
    [InlineData("udp:127.0.0.1:47890,sources=2", "descriptor socket")]
    [InlineData("tap:tap9", "descriptor /dev/net/tun")]
    [InlineData("xdp:web", "XDP link", "XDP program", "descriptor anon_inode:bpf")]
    [InlineData("fault,loss=1%:raw:web", "descriptor socket")]
    public void A_port_that_is_open_is_found_and_gone_when_it_is_closed(string port, params string[] found)
    {
        LiveTests.SkipWhereImpossible();
        using var rig = new LiveRig();
        MachineState before = MachineState.Now();
        using (NetworkNamespace.Run(rig.Engine, () => LivePorts.Open(port)))
        {
            IReadOnlyList<string> left = before.LeftAfter(TimeSpan.Zero);
            Assert.All(found, thing => Assert.Contains(left, l => l.StartsWith(thing, StringComparison.Ordinal)));
        }

        Assert.Empty(before.LeftAfter(TimeSpan.FromSeconds(5)));
    }

    [SkippableFact]
    public void A_namespace_with_a_process_in_it_is_found()
    {
        LiveTests.SkipWhereImpossible();
        MachineState before = MachineState.Now();
        using (var rig = new LiveRig())
        {
            using System.Diagnostics.Process sleeper = Shell.Start("ip", "netns", "exec", rig.Peer, "sleep", "100");
            IReadOnlyList<string> left = before.LeftAfter(TimeSpan.Zero);
            Assert.Contains($"namespace {rig.Peer}", left);
            Assert.Contains(left, l => l.StartsWith($"process {sleeper.Id} ", StringComparison.Ordinal));
            sleeper.Kill();
            sleeper.WaitForExit();
        }

        Assert.Empty(before.LeftAfter(TimeSpan.FromSeconds(5)));
    }

    [SkippableFact]
    public void What_a_test_leaves_is_found_when_the_last_beside_it_ends_and_its_maker_is_named()
    {
        LiveTests.SkipWhereImpossible();
        var watch = new LeakWatch();
        LiveRig rig = OnThread(() =>
        {
            watch.Begin("Leaver");
            return new LiveRig();
        });
        using (rig)
        {
            OnThread(() => watch.Begin("Other"));
            Assert.Null(watch.End("Leaver"));
            string? left = watch.End("Other");
            Assert.Contains($"namespace {rig.Engine} (made by Leaver)", left, StringComparison.Ordinal);
            Assert.Contains("Other ended last of: Leaver, Other.", left, StringComparison.Ordinal);
        }

        watch.Begin("Next");
        Assert.Null(watch.End("Next"));
    }

    [SkippableFact]
    public void A_link_of_the_machines_own_namespace_is_found()
    {
        LiveTests.SkipWhereImpossible();
        MachineState before = MachineState.Now();
        using (LivePorts.Open("tap:vxe-left"))
        {
            Assert.Contains("link vxe-left", before.LeftAfter(TimeSpan.Zero));
        }

        Assert.Empty(before.LeftAfter(TimeSpan.FromSeconds(5)));
    }

    /// <summary>As tests do that run side by side: what one notes, the other does not see.</summary>
    private static T OnThread<T>(Func<T> function) => Task.Run(function).GetAwaiter().GetResult();

    private static void OnThread(Action action) => Task.Run(action).GetAwaiter().GetResult();
}
