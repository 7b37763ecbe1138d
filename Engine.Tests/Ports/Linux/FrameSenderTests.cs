using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>What waits for a device that is full.</summary>
public sealed class FrameSenderTests : IDisposable
{
    private readonly PacketPool _pool = new(64, 2048);
    private readonly FullDevice _device = new();
    private readonly FrameSender _sender;

    public FrameSenderTests() => _sender = new FrameSender(_device, 1, 0, groupsFlows: true);

    public void Dispose()
    {
        _sender.Dispose();
        _pool.Dispose();
    }

    [Fact]
    public void Flows_are_put_together_and_what_has_waited_is_not_overtaken()
    {
        Take(flow: 1, number: 0);
        Take(flow: 2, number: 1);
        Take(flow: 1, number: 2);
        _sender.Flush(_pool);
        Take(flow: 2, number: 3);
        Take(flow: 1, number: 4);
        Take(flow: 2, number: 5);
        _sender.Flush(_pool);
        Assert.Empty(_device.Sent);
        for (int room = 1; room <= 6; room++)
        {
            _device.Room = 1;
            _sender.Flush(_pool);
        }

        Assert.Equal([0u, 2, 1, 3, 5, 4], _device.Sent);
        Assert.Equal((6L, 0L, false), (_sender.Sent, _sender.Unsent, _sender.HasUnsent));
        Assert.Equal(_pool.Count, _pool.FreeCount);
    }

    private void Take(int flow, uint number)
    {
        byte[] bytes = FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2").Udp(1000 + flow, 4789).Payload(60)
            .Build();
        Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
        bytes.CopyTo(_pool.Frame(frame));
        frame.PacketId = number;
        Assert.Equal(1, _sender.Take(_pool, [frame]));
    }

    private sealed class FullDevice : IFrameDevice
    {
        private readonly List<uint> _filled = [];

        public List<uint> Sent { get; } = [];

        public int Room { get; set; }

        public QueuePosition Fill(PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch)
        {
            if (batch.Count == 0)
            {
                _filled.Clear();
            }

            batch.Begin();
            batch.Add(pool, queue[at.Frame], 0, queue[at.Frame].Length);
            _filled.Add(queue[at.Frame].PacketId);
            return at with { Frame = at.Frame + 1 };
        }

        public int Send(MessageBatch batch, out int error)
        {
            int count = Math.Min(Room, batch.Count);
            error = count == 0 ? LinuxError.TryAgain : 0;
            Sent.AddRange(_filled.Take(count));
            Room -= count;
            return count;
        }

        public void OnLost(int error) => Assert.Fail("The device is full, not lost.");
    }
}
