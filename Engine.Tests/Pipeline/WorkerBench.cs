using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Workers that run on the test's thread, one burst each in turn, and what they sent.</summary>
internal sealed class WorkerBench : IDisposable
{
    private readonly Queue[] _queues;
    private readonly List<SentFrame> _sent = [];

    public WorkerBench(SwitchPolicy policy, int count, int laneCapacity = 1024)
    {
        _queues = [.. Enumerable.Range(0, count).Select(_ => new Queue(this))];
        Workers = new SwitchWorkers(policy, count, n => _queues[n], new SwitchWorkersOptions
        {
            BufferCount = 256,
            FrameCapacity = 2048,
            LaneCapacity = laneCapacity,
            Limits = new SwitchLimits { FlowPairs = 1 << 14 },
        });
    }

    public SwitchWorkers Workers { get; }

    /// <summary>Takes frames to their fate.</summary>
    /// <returns>What left, by the numbers of the frames.</returns>
    public IReadOnlyList<SentFrame> Send(IEnumerable<TrafficFrame> frames, long timeNs)
    {
        foreach (TrafficFrame frame in frames)
        {
            _queues[frame.Queue % _queues.Length].Add(frame, timeNs);
        }

        _sent.Clear();
        while (Workers.RunOnce(receives: true))
        {
        }

        return [.. _sent.OrderBy(f => f.Id)];
    }

    public void Dispose() => Workers.Dispose();

    private sealed class Queue(WorkerBench bench) : IWorkerPort
    {
        private readonly Queue<(TrafficFrame Frame, long TimeNs)> _waiting = new();

        public bool WantsReports => false;

        public void Add(TrafficFrame frame, long timeNs) => _waiting.Enqueue((frame, timeNs));

        public int Receive(PacketPool pool, Span<FrameDescriptor> frames)
        {
            int count = 0;
            while (count < frames.Length && _waiting.TryDequeue(out (TrafficFrame Frame, long TimeNs) next))
            {
                pool.TryRent(next.Frame.Bytes.Length, out frames[count]);
                bench.Workers.TryFindPort(next.Frame.Port, out int port);
                frames[count].Port = (ushort)port;
                frames[count].PacketId = next.Frame.Id;
                frames[count].TimeNs = next.TimeNs;
                next.Frame.Bytes.CopyTo(pool.Frame(frames[count++]));
            }

            return count;
        }

        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
            Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

        public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
        {
            foreach (ref readonly FrameDescriptor frame in frames)
            {
                string port = bench.Workers.PortName(egress);
                bench._sent.Add(new SentFrame(frame.PacketId, port, pool.Frame(frame).ToArray()));
            }

            pool.Return(frames);
            return frames.Length;
        }

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
        }
    }
}
