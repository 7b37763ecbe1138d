using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Ports;
using VxlanEngine.Queues;

namespace VxlanEngine;

/// <summary>A port of one queue that several workers send by: one has it, the others hand it their frames.</summary>
/// <remarks>
/// Frames travel in lanes like those between workers. What the port does not take waits, the lanes fill up, and who
/// sends is told so. What waits when the workers end is taken back, and counted as dropped.
/// Thread: each end is its worker's.
/// </remarks>
internal sealed class SharedQueue : IDisposable
{
    private readonly HandoverLane?[] _lanes;
    private readonly IPacketPort _port;
    private readonly int _owner;
    private readonly Action<int> _wake;

    /// <summary>Shares a port.</summary>
    /// <param name="port">The port; disposed by who made it.</param>
    /// <param name="owner">Number of the worker that has it.</param>
    /// <param name="workers">Number of workers.</param>
    /// <param name="options">Sizes of the lanes.</param>
    /// <param name="wake">Wakes a worker.</param>
    public SharedQueue(IPacketPort port, int owner, int workers, SwitchWorkersOptions options, Action<int> wake)
    {
        (_port, _owner, _wake) = (port, owner, wake);
        _lanes = new HandoverLane?[workers];
        for (int i = 0; i < workers; i++)
        {
            if (i != owner)
            {
                var ring = new SpscRing<HandedFrame>(options.LaneCapacity);
                _lanes[i] = new HandoverLane(ring, options.FrameCapacity);
            }
        }
    }

    /// <summary>The port as a worker has it.</summary>
    public IPacketPort EndOf(int worker) => worker == _owner ? new NearEnd(this) : new FarEnd(this, _lanes[worker]!);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (HandoverLane? lane in _lanes)
        {
            lane?.Dispose();
        }
    }

    /// <summary>The end of the worker that has the port: sends what the others brought, too.</summary>
    internal sealed class NearEnd(SharedQueue queue) : IPacketPort
    {
        private readonly HandedFrame[] _handed = new HandedFrame[HandoverLane.BatchLength];
        private readonly FrameDescriptor[] _waiting = new FrameDescriptor[HandoverLane.BatchLength];
        private int _first;
        private int _count;

        /// <summary>
        /// Is told of frames that count as sent, and will not be; null when nobody wants to know.
        /// </summary>
        public Action<FrameDescriptor>? Lost { get; set; }

        /// <summary>True when frames of other workers can be taken.</summary>
        public bool HasArrivals => _count == 0 && Array.Exists(queue._lanes, lane => lane is { HasFrames: true });

        /// <summary>True when the port did not take all of them.</summary>
        public bool HasUnsent => _count > 0;

        /// <inheritdoc/>
        public bool TakesSuperFrames => queue._port.TakesSuperFrames;

        /// <inheritdoc/>
        public int Receive(PacketPool pool, Span<FrameDescriptor> burst) => queue._port.Receive(pool, burst);

        /// <inheritdoc/>
        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst) =>
            queue._port.Transmit(pool, burst);

        /// <inheritdoc/>
        public void Flush(PacketPool pool)
        {
            foreach (HandoverLane? lane in queue._lanes)
            {
                if (lane is not null && SendWaiting(pool))
                {
                    Take(pool, lane);
                    SendWaiting(pool);
                }
            }

            queue._port.Flush(pool);
        }

        /// <summary>Gives up what other workers brought and the port has not taken; they bring nothing more.</summary>
        public void Abandon(PacketPool pool)
        {
            for (; _first < _count; _first++)
            {
                Lose(pool);
            }

            (_first, _count) = (0, 0);
            foreach (HandoverLane? lane in queue._lanes)
            {
                for (int count = lane?.Take(_handed) ?? 0; count > 0; count = lane!.Take(_handed))
                {
                    foreach (ref readonly HandedFrame handed in _handed.AsSpan(0, count))
                    {
                        Lost?.Invoke(handed.Frame);
                    }
                }
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
        }

        private void Take(PacketPool pool, HandoverLane lane)
        {
            int room = Math.Min(_handed.Length, pool.LargeFreeCount);
            _count = lane.Take(_handed.AsSpan(0, room));
            _first = 0;
            for (int i = 0; i < _count; i++)
            {
                lane.TryLoad(pool, _handed[i], out _waiting[i]);
            }
        }

        private bool SendWaiting(PacketPool pool)
        {
            for (; _first < _count; _first++)
            {
                if (!PortSink.Send(pool, _waiting[_first], queue._port))
                {
                    if (PortSink.CanSend(pool, _waiting[_first], queue._port))
                    {
                        return false;
                    }

                    // All behind it would wait for ever.
                    Lose(pool);
                }
            }

            (_first, _count) = (0, 0);
            return true;
        }

        private void Lose(PacketPool pool)
        {
            Lost?.Invoke(_waiting[_first]);
            pool.Return(_waiting[_first]);
        }
    }

    /// <summary>The end of another worker: takes frames to the one that has the port.</summary>
    private sealed class FarEnd(SharedQueue queue, HandoverLane lane) : IPacketPort
    {
        // They are cut at the other end.
        public bool TakesSuperFrames => true;

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst) => 0;

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
        {
            if (queue._port is ILivePort { State: not PortState.Up })
            {
                return 0;
            }

            int count = 0;
            while (count < burst.Length
                && burst[count].Length <= pool.FrameCapacity
                && lane.TryStage(pool, burst[count], hash: 0, isFinal: true))
            {
                pool.Return(burst[count++]);
            }

            return count;
        }

        public void Flush(PacketPool pool)
        {
            if (lane.Publish())
            {
                queue._wake(queue._owner);
            }
        }

        public void Dispose()
        {
        }
    }
}
