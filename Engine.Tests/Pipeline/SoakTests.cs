using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What is left of millions of packets: nothing.</summary>
public sealed class SoakTests
{
    private const int Flows = 256;

    [Fact]
    [Trait("Scenario", "MF16")]
    public void Millions_of_packets_leave_every_buffer_free_and_not_a_byte_allocated()
    {
        byte[][] sent =
        [
            .. Enumerable.Range(0, Flows).Select(i => FromA().Ipv4(IpA, IpC).Udp(1000 + i, 53).Payload(20).Build()),
            FrameBuilder.Ethernet(MacB, MacC).Payload(46).Build(), // From another's address.
            FromA(MacUnknown).Payload(46).Build(),
        ];
        byte[][] received =
        [
            .. Enumerable.Range(0, Flows).Select(i => Tunnelled(
                FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000 + i).Payload(20).Build())),
            Tunnelled(Inner)[..60], // Cut in the inner header.
            Tunnelled(Inner, vni: 9),
        ];
        SwitchPolicy policy = Green.Policy.WithLayers(Vnet with { Stateful = true });
        using var vswitch = new VirtualSwitch(
            policy, new VirtualSwitchOptions { BufferCount = 128, FrameCapacity = 2048 });
        var tenant = new SoakPort(sent);
        var uplink = new SoakPort(received);
        vswitch.Attach("a", tenant);
        vswitch.Attach("up", uplink);
        Allocations.AssertNone(() => vswitch.Poll(), iterations: 20_000);

        SwitchCounters counters = vswitch.ReadCounters();
        Assert.True(counters.AddsUp);
        Assert.InRange(counters.Received, 2_000_000, long.MaxValue);
        Assert.DoesNotContain(counters.DroppedByReason, drop => drop.Key == DropReason.PoolExhausted);
        Assert.Equal((0, 0), (tenant.Missing, uplink.Missing));
        Assert.Equal(counters.Forwarded, tenant.Taken + uplink.Taken);
        Assert.Equal(Flows, vswitch.ReadFlows(int.MaxValue).Count);
    }

    /// <summary>Gives frames in turn, takes all, and looks whether every buffer is free between two polls.</summary>
    private sealed class SoakPort(byte[][] frames) : IPacketPort
    {
        private int _next;
        private long _timeNs;

        public int Missing { get; private set; }

        public long Taken { get; private set; }

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
        {
            Missing += pool.Count - pool.FreeCount;
            int count = 0;
            for (; count < burst.Length; count++)
            {
                byte[] frame = frames[_next];
                if (!pool.TryRent(frame.Length, out burst[count]))
                {
                    break;
                }

                burst[count].TimeNs = _timeNs += 1000;
                frame.CopyTo(pool.Frame(burst[count]));
                _next = (_next + 1) % frames.Length;
            }

            return count;
        }

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
        {
            Taken += burst.Length;
            pool.Return(burst);
            return burst.Length;
        }

        public void Dispose()
        {
        }
    }
}
