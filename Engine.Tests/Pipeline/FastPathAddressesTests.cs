using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.WorkerPolicies;
using static VxlanEngine.Tests.Pipeline.WorkerTraffic;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>
/// Two pairs of IPv6 addresses may have the same hash, which who does not know the key can hardly be made to find.
/// </summary>
public sealed class FastPathAddressesTests
{
    [Fact]
    public void Ipv6_addresses_are_compared_where_all_else_is_equal()
    {
        using var core = new SwitchCore(With(""), new SwitchLimits { FlowPairs = 64 }, 16, 2048, new Sink());
        byte[] frame = FrameBuilder.Ethernet(Lan, Far).Ipv6("fd00::1", "fd00::9").Udp(1000, 2000).Payload(9).Build();
        Send(core, frame, 4);
        long hits = core.FastPathHits;
        Assert.InRange(hits, 2, 3);

        UnifiedFlowTable kinds = core.State.Flows.Kinds;
        int kind = Assert.Single(
            Enumerable.Range(0, kinds.Entries.Count), number => kinds.Entries[number].Context != 0);
        kinds.Addresses[kind] = default;
        Send(core, frame, 1);
        Assert.Equal(hits, core.FastPathHits);

        // What has been learnt since is of the addresses that the packet has, and not of the others.
        Send(core, frame, 1);
        Assert.Equal(hits + 1, core.FastPathHits);

        SwitchCounters counters = core.ReadCounters();
        Assert.Equal((6, 6), (counters.Received, counters.Forwarded));
    }

    private static void Send(SwitchCore core, byte[] bytes, int count)
    {
        core.TryFindPort("lan", out int port);
        for (int i = 0; i < count; i++)
        {
            Assert.True(core.Pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(core.Pool.Frame(frame));
            frame.Port = (ushort)port;
            core.Process([frame]);
        }
    }

    private sealed class Sink : IFrameSink
    {
        public bool WantsReports => false;

        public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
        {
            pool.Return(frames);
            return frames.Length;
        }

        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
            Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
        }
    }
}
