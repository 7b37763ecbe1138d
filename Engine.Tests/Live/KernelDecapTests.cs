using System.Text;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>The kernel's VXLAN device and the engine receive the same frames and must deliver the same bytes.</summary>
[Trait(LiveTests.Category, LiveTests.Privileged)]
[LeavesNothing]
public sealed class KernelDecapTests
{
    /// <summary>What both are given: flooded frames are delivered, everything else is the engine's default.</summary>
    private static readonly SwitchPolicy Default = Green.FloodingPolicy;

    private static readonly SwitchPolicy LikeLinux = Default
        .WithPort("up", p => p with { ReservedBits = ReservedBits.Reject })
        .With(n => n with { InnerVlan = InnerVlan.Keep });

    [SkippableFact]
    [Trait("Scenario", "EC01"), Trait("Scenario", "EC02"), Trait("Scenario", "EC03"), Trait("Scenario", "EC04")]
    [Trait("Scenario", "EC05"), Trait("Scenario", "EC06"), Trait("Scenario", "EC07"), Trait("Scenario", "EC08")]
    [Trait("Scenario", "EC09"), Trait("Scenario", "EC10"), Trait("Scenario", "EC11"), Trait("Scenario", "EC12")]
    [Trait("Scenario", "EC13"), Trait("Scenario", "EC14"), Trait("Scenario", "EC15"), Trait("Scenario", "EC16")]
    [Trait("Scenario", "EC21"), Trait("Scenario", "EC22"), Trait("Scenario", "VD01"), Trait("Scenario", "VD02")]
    [Trait("Scenario", "VD03"), Trait("Scenario", "VD05"), Trait("Scenario", "VD06"), Trait("Scenario", "VD07")]
    [Trait("Scenario", "VD10"), Trait("Scenario", "VD11"), Trait("Scenario", "VD12"), Trait("Scenario", "VD13")]
    [Trait("Scenario", "VD14"), Trait("Scenario", "VD15"), Trait("Scenario", "VD16"), Trait("Scenario", "VD17")]
    [Trait("Scenario", "VD18"), Trait("Scenario", "VD19"), Trait("Scenario", "VD20"), Trait("Scenario", "VD21")]
    [Trait("Scenario", "VD22")]
    public void Engine_and_kernel_deliver_the_same_frames_but_for_the_differences_that_are_listed()
    {
        LiveTests.SkipWhereImpossible();
        IReadOnlyList<OuterCase> cases = OuterCases.All;
        using var kernel = new KernelVtep();
        IReadOnlyList<IReadOnlyList<byte[]>> delivered = kernel.Open([.. cases.Select(c => c.Frames)]);

        var findings = new StringBuilder();
        using var byDefault = new OverlayBench(Default);
        using var likeLinux = new OverlayBench(LikeLinux);
        using var shortWay = new ShortWay(LikeLinux);
        for (int i = 0; i < cases.Count; i++)
        {
            Compare(findings, $"{cases[i]} (default)", cases[i].ByDefault, delivered[i], Open(byDefault, cases[i]));
            Compare(findings, $"{cases[i]} (like Linux)", cases[i].LikeLinux, delivered[i], Open(likeLinux, cases[i]));
            HashSet<string> opened = shortWay.Open(cases[i].Frames);
            Compare(findings, $"{cases[i]} (the short way)", cases[i].LikeLinux, delivered[i], opened);
        }

        Assert.True(findings.Length == 0, findings.ToString());
        Assert.InRange(delivered.Count(d => d.Count > 0), 100, cases.Count - 100);
        Assert.InRange(shortWay.Hits, cases.Count, 2 * cases.Count);
    }

    [Fact]
    public void There_are_hundreds_of_cases_each_with_a_name_of_its_own()
    {
        Assert.InRange(OuterCases.All.Count, 500, 5000);
        Assert.Empty(OuterCases.All.GroupBy(c => c.Name, StringComparer.Ordinal).Where(g => g.Count() > 1)
            .Select(g => g.Key));
    }

    [Fact]
    public void Every_listed_difference_has_a_case()
    {
        IEnumerable<Divergence?> used = OuterCases.All.SelectMany(c => new[] { c.ByDefault, c.LikeLinux });
        Assert.Empty(Divergence.All.Except(used.OfType<Divergence>()));
        Assert.Empty(used.OfType<Divergence>().Except(Divergence.All));
    }

    [Fact]
    public void A_difference_that_is_not_listed_and_a_listed_one_that_is_none_are_told()
    {
        var findings = new StringBuilder();
        Compare(findings, "same", null, [[1]], ["01"]);
        Compare(findings, "known", Divergence.InnerVlan, [[1]], []);
        Assert.Equal(0, findings.Length);
        Compare(findings, "new", null, [[1]], []);
        Compare(findings, "gone", Divergence.InnerVlan, [[1]], ["01"]);
        Compare(findings, "other bytes", null, [[1]], ["02"]);
        string[] lines = findings.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(["new", "gone", "other bytes"], lines.Select(line => line.Split(':')[0]));
    }

    private static HashSet<string> Open(OverlayBench bench, OuterCase frames) => frames.Frames
        .SelectMany(f => bench.Send("up", f).Frames)
        .Where(f => f.Port != "up")
        .Select(f => Hex.Text(f.Bytes))
        .ToHashSet(StringComparer.Ordinal);

    private static void Compare(
        StringBuilder findings,
        string what,
        Divergence? known,
        IReadOnlyList<byte[]> kernel,
        HashSet<string> engine)
    {
        bool isSame = engine.SetEquals(kernel.Select(f => Hex.Text(f)));
        if (isSame && known is not null)
        {
            findings.AppendLine($"{what}: both do the same, yet a difference is listed: {known.Topic}.");
        }

        if (!isSame && known is null)
        {
            findings.AppendLine($"{what}: the kernel delivers [{string.Join(", ", kernel.Select(f => Hex.Text(f)))}], "
                + $"the engine [{string.Join(", ", engine)}].");
        }
    }
}
