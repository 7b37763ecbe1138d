using System.Net;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>
/// The engine beside the Linux kernel: from the same frames, on the same ports, the same packets in the same order.
/// </summary>
/// <remarks>There are no divergences but the free fields that pcaps/README.md names.</remarks>
public sealed class KernelComparisonTests
{
    public static TheoryData<string> Names => [.. Scenario.RecordedNames];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Scenario", "EC17"), Trait("Scenario", "EC18"), Trait("Scenario", "EC19"), Trait("Scenario", "VE20")]
    public void The_uplink_sends_what_the_kernel_sent_but_for_the_free_fields(string name)
    {
        (TunnelFrame[] kernel, TunnelFrame[] engine) = Uplink(name);

        // Which VTEP's copy of a frame goes first is free; everything else has its order.
        AssertSame(kernel.Select(f => f.Inner), engine.Select(f => f.Inner));
        foreach (IPAddress vtep in kernel.Select(f => f.Vtep).Distinct())
        {
            AssertSame(
                kernel.Where(f => f.Vtep.Equals(vtep)).Select(f => f.WithoutFreeFields),
                engine.Where(f => f.Vtep.Equals(vtep)).Select(f => f.WithoutFreeFields));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Outer_checksums_are_right(string name)
    {
        (TunnelFrame[] kernel, TunnelFrame[] engine) = Uplink(name);
        Assert.All(kernel, f => Assert.True(f.HasRightChecksums));
        Assert.All(engine, f => Assert.True(f.HasRightChecksums));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Scenario", "VE07")]
    public void An_inner_flow_has_one_source_port_in_the_range_of_dynamic_ports(string name)
    {
        (TunnelFrame[] kernel, TunnelFrame[] engine) = Uplink(name);
        foreach (TunnelFrame[] frames in new[] { kernel, engine })
        {
            Assert.All(frames, f => Assert.InRange(f.SourcePort, 49152, 65535));
            Assert.All(
                frames.GroupBy(f => f.InnerFlow, f => f.SourcePort, StringComparer.Ordinal),
                flow => Assert.Single(flow.Distinct()));
        }

        Assert.Equal(
            kernel.Select(f => f.InnerFlow).Distinct(StringComparer.Ordinal).Count(),
            engine.Select(f => f.InnerFlow).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_tenant_receives_what_it_received_from_the_kernel_to_the_byte(string name)
    {
        Scenario scenario = Scenario.Load(name);
        AssertSame(
            scenario.Read("web.kernel.pcap").Select(f => f.Bytes),
            SentOn("web", scenario.Replay()).Select(f => f.Bytes));
    }

    private static (TunnelFrame[] Kernel, TunnelFrame[] Engine) Uplink(string name)
    {
        Scenario scenario = Scenario.Load(name);
        TunnelFrame[] kernel = [.. scenario.Read("uplink.kernel.pcap").Select(f => new TunnelFrame(f.Bytes))];
        Assert.NotEmpty(kernel);
        return (kernel, [.. SentOn("uplink", scenario.Replay()).Select(f => new TunnelFrame(f.Bytes))]);
    }

    private static IEnumerable<CapturedFrame> SentOn(string port, ScenarioRun run) =>
        CapturedFrame.ReadAll(run.Output).Where(f => f.Interface == port);

    private static void AssertSame(IEnumerable<byte[]> kernel, IEnumerable<byte[]> engine)
    {
        byte[][] expected = [.. kernel];
        byte[][] actual = [.. engine];
        for (int i = 0; i < Math.Min(expected.Length, actual.Length); i++)
        {
            string rows = CaptureDifference.Rows(expected[i], actual[i]);
            Assert.True(rows.Length == 0, $"Frame {i + 1}: the kernel's (-) and the engine's (+) differ.\n{rows}");
        }

        Assert.Equal(expected.Length, actual.Length);
    }
}
