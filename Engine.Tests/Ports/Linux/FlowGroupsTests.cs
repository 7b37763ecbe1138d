using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>Frames of a flow follow each other, in their order.</summary>
public sealed class FlowGroupsTests : IDisposable
{
    private readonly PacketPool _pool = new(TransmitQueue.Capacity, 2048);
    private readonly TransmitQueue _queue = new();
    private readonly FlowGroups _groups = new();

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void Flows_stand_in_the_order_of_their_first_frames()
    {
        Gen<(int[] Flows, int From)> queues =
            from flows in Gen.ArrayOf(Gen.Choose(0, 10))
            from start in Gen.Choose(0, flows.Length)
            select (flows, start);
        Prop.ForAll(Arb.From(queues), queue => Arrange(queue.Flows, queue.From))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void As_many_flows_as_there_is_room_for_are_told_apart()
    {
        // Twice, so that nothing is left in the table, and from another place in the queue's ring.
        for (int round = 0; round < 2; round++)
        {
            Fill([.. Enumerable.Range(0, TransmitQueue.Capacity).Select(i => i % 256)], twice: true);
            _groups.Arrange(_pool, _queue, 0);
            Assert.Equal(256, _groups.Count);
            Assert.All(Enumerable.Range(0, 256), flow => Assert.Equal(2, _groups.LengthOf(flow)));
            Assert.Equal(Enumerable.Range(0, TransmitQueue.Capacity).Select(i => (i / 2) + (i % 2 * 256)), Ids());
            _queue.Release(_pool, 100);
            _queue.Release(_pool, _queue.Count);
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        Fill([.. Enumerable.Range(0, 100).Select(i => i % 7)]);
        Allocations.AssertNone(() => _groups.Arrange(_pool, _queue, 0));
    }

    private void Arrange(int[] flows, int start)
    {
        Fill(flows);
        _groups.Arrange(_pool, _queue, start);
        int[] expected =
        [
            .. Enumerable.Range(0, start),
            .. Enumerable.Range(start, flows.Length - start).GroupBy(i => flows[i]).SelectMany(group => group),
        ];
        Assert.Equal(expected, Ids());
        Assert.Equal(
            flows[start..].GroupBy(flow => flow).Select(group => group.Count()),
            Enumerable.Range(0, _groups.Count).Select(_groups.LengthOf));
        _queue.Release(_pool, _queue.Count);
        Assert.Equal(_pool.Count, _pool.FreeCount);
    }

    private void Fill(int[] flows, bool twice = false)
    {
        for (int i = 0; i < flows.Length; i++)
        {
            byte[] bytes = FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2").Udp(1000 + flows[i], 4789)
                .Payload(twice ? 20 : 20 + (i % 40)).Build();
            Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(_pool.Frame(frame));
            frame.PacketId = (uint)i;
            Assert.Equal(1, _queue.Add([frame]));
        }
    }

    private IEnumerable<int> Ids() => Enumerable.Range(0, _queue.Count).Select(i => (int)_queue[i].PacketId);
}
