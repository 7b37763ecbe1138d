using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.WorkerPolicies;
using static VxlanEngine.Tests.Pipeline.WorkerTraffic;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Two workers that take turns when the test says so: what threads do only now and then.</summary>
public sealed class WorkerTests : IDisposable
{
    private const int FirstPort = 2000;

    private readonly WorkerLinks _links = new(workers: 2, laneCapacity: 64, frameCapacity: 512);
    private readonly Queue[] _queues;
    private readonly Worker[] _workers;
    private readonly List<uint> _sent = [];
    private readonly FlowShards _shards = new(new SwitchLimits().HashKey, 0, 2);

    public WorkerTests()
    {
        _queues = [new Queue(_sent), new Queue(_sent)];
        _workers = [MakeWorker(0), MakeWorker(1)];
    }

    /// <summary>
    /// Answers that came to the worker of their hash are on their way to the flow's when the next one comes there at
    /// once.
    /// </summary>
    [Fact]
    public void Answers_of_a_translated_flow_keep_their_order_whichever_worker_they_come_to()
    {
        int port = Enumerable.Range(FirstPort, 100)
            .First(p => OwnerOf("10.0.0.1", p) == 0 && OwnerOf("10.0.0.77", p) == 1);
        Receive(0, "lan", AskFrom(port), 1);
        for (uint id = 2; id < 5; id++)
        {
            Receive(1, "uplink", AnswerTo(port), id);
            Turn(0);
        }

        Assert.Equal([1u, 2, 3, 4], _sent);
        Assert.True(_workers[0].Core.FastPathHits > 0);

        Receive(1, "uplink", AnswerTo(port), 5);
        Receive(0, "uplink", AnswerTo(port), 6);
        Turn(1);
        Turn(0);
        Assert.Equal([1u, 2, 3, 4, 5, 6], _sent);
        Assert.Equal(0, _workers.Sum(w => w.Core.Pool.Count - w.Core.Pool.FreeCount));
    }

    public void Dispose()
    {
        Array.ForEach(_workers, worker => worker.Dispose());
        _links.Dispose();
    }

    private static byte[] AskFrom(int port) => FrameBuilder.Ethernet(Lan, Far)
        .Ipv4("10.0.0.1", "10.0.0.9").Udp(port, 53).Payload(18).Build();

    private static byte[] AnswerTo(int port) => FrameBuilder.Ethernet(Peer, Uplink)
        .Ipv4("172.31.0.2", "172.31.0.1").Vxlan(42).InnerEthernet(Far, Lan)
        .Ipv4("10.0.0.9", "10.0.0.77").Udp(53, port).Payload(18).Build();

    private int OwnerOf(string source, int port) => _shards.OwnerOf(_shards.Hash(new FlowTuple(
        IpAddress.Parse(source), IpAddress.Parse("10.0.0.9"), IpProtocol.Udp, (ushort)port, 53, 0)));

    private Worker MakeWorker(int number)
    {
        var limits = new SwitchLimits();
        var ownership = new FlowOwnership(new FlowShards(limits.HashKey, number, 2), _links.Stubs, number);
        var core = new SwitchCore(
            With(StatefulAcl + StaticNat), limits, new PacketPool(64, 512), _queues[number], ownership: ownership);
        return new Worker(number, core, _queues[number], _links, ownership);
    }

    private void Receive(int worker, string port, byte[] bytes, uint id)
    {
        Assert.True(_workers[worker].Core.Processor.Snapshot.PortNames.TryFind(port, out int index));
        _queues[worker].Waiting = (index, bytes, id);
        Turn(worker);
    }

    private void Turn(int worker) => _workers[worker].RunOnce(receives: true);

    private sealed class Queue(List<uint> sent) : IWorkerPort
    {
        public (int Port, byte[] Bytes, uint Id)? Waiting { get; set; }

        public bool WantsReports => false;

        public int Receive(PacketPool pool, Span<FrameDescriptor> frames)
        {
            if (Waiting is not { } frame)
            {
                return 0;
            }

            Waiting = null;
            Assert.True(pool.TryRent(frame.Bytes.Length, out frames[0]));
            frame.Bytes.CopyTo(pool.Frame(frames[0]));
            (frames[0].Port, frames[0].PacketId) = ((ushort)frame.Port, frame.Id);
            return 1;
        }

        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
            Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

        public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
        {
            foreach (ref readonly FrameDescriptor frame in frames)
            {
                sent.Add(frame.PacketId);
            }

            pool.Return(frames);
            return frames.Length;
        }

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
        }
    }
}
