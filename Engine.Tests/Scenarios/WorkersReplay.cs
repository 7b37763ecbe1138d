using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>
/// Captures through the workers of one switch, which take turns on the test's thread: all frames come to the first one,
/// so that the others get theirs from its hands.
/// </summary>
internal sealed class WorkersReplay(ReplayOptions options, WorkersRoom room)
{
    private readonly CaptureSink _sink = new(options);
    private SwitchWorkers _workers = null!;

    public ReplayResult Run()
    {
        using var feed = new ReplayFeed(options.Inputs, []);
        _workers = new SwitchWorkers(
            options.Policy,
            room.Count,
            number => new Queue(this, number == 0 ? feed : null),
            new SwitchWorkersOptions
            {
                BufferCount = options.Room.Buffers,
                FrameCapacity = options.Room.FrameCapacity,
                LaneCapacity = room.LaneCapacity,
                Limits = options.Limits,
            });
        using SwitchWorkers workers = _workers;
        _sink.Open(options.Policy.Ports.Count, workers.PortName);
        while (workers.RunOnce(receives: true))
        {
        }

        return new ReplayResult(workers.ReadCounters(), feed.Faults, feed.Foreign, feed.Unfound);
    }

    private int Burst => room.Burst;

    private string PortOf(int source) => options.Inputs[source].Port;

    private sealed class Queue(WorkersReplay replay, ReplayFeed? feed) : IWorkerPort
    {
        public bool WantsReports => replay._sink.WantsReports;

        public int Receive(PacketPool pool, Span<FrameDescriptor> frames)
        {
            int count = 0;
            while (count < Math.Min(frames.Length, replay.Burst)
                && feed is not null
                && feed.TryRead(out int source, out CapturedPacket packet, out FrameFlags flags))
            {
                ref FrameDescriptor frame = ref frames[count++];
                frame = ReplayFeed.Load(pool, packet, flags);
                Assert.True(replay._workers.TryFindPort(replay.PortOf(source), out int port));
                frame.Port = (ushort)port;
                frame.PacketId = feed.Count;
            }

            return count;
        }

        public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress) =>
            replay._sink.Forward(pool, frames, egress);

        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
            replay._sink.Transmit(pool, frame, report);

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
            replay._sink.Retire(pool, frame, report);
    }
}
