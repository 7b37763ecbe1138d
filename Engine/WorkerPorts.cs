using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Ports;

namespace VxlanEngine;

/// <summary>One worker's queue of every port of a switch of several workers.</summary>
/// <remarks>Thread: the worker's, but <see cref="Wake"/>.</remarks>
internal sealed class WorkerPorts : IWorkerPort, IDisposable
{
    private const int MaintenanceIntervalMs = 500;
    private const int PollIntervalMs = 1;
    private const long NsPerMs = 1_000_000;

    private readonly Doorbell _bell = new();
    private readonly PortSink _sink;
    private readonly Dictionary<int, IPacketPort> _byPort = [];
    private readonly List<int> _attached = [];
    private readonly List<ILivePort> _live = [];
    private readonly List<SharedQueue.NearEnd> _shared = [];
    private readonly List<SharedQueue> _owned = [];
    private readonly SwitchWorkersOptions _options;
    private bool _mustPoll;
    private int _next;
    private long _maintainedMs = Environment.TickCount64;

    private WorkerPorts(SwitchWorkersOptions options)
    {
        _options = options;
        _sink = new PortSink(_byPort, options.FrameCapacity);
    }

    /// <summary>Is told of every packet's fate; null when nobody wants to know.</summary>
    public IPacketObserver? Observer
    {
        get => _sink.Observer;
        set => _sink.Observer = value;
    }

    /// <summary>Has a worker told of frames that it has sent by a port's number, and that were lost since.</summary>
    public void TellLost(Action<FrameDescriptor, int> lost)
    {
        foreach ((int port, IPacketPort end) in _byPort)
        {
            if (end is SharedQueue.NearEnd near)
            {
                near.Lost = frame => lost(frame, port);
            }
        }
    }

    /// <summary>Has ports that lend buffers to their devices take them from the worker's pool.</summary>
    public void ShareBuffers(PacketPool pool)
    {
        if (pool.TryExtend(_live.Sum(port => port.WantedBuffers)))
        {
            foreach (ILivePort port in _live)
            {
                if (port.Adopt(pool))
                {
                    _bell.Add(port);
                }
            }
        }
    }

    /// <summary>Gives up what other workers brought and ports have not taken.</summary>
    public void Abandon(PacketPool pool) => _shared.ForEach(end => end.Abandon(pool));

    /// <summary>True when all that ports have taken is sent.</summary>
    public bool IsFlushed => !HasUnsent && !_shared.Exists(end => end.HasArrivals);

    /// <summary>True when others send by one of these ports, or these workers by one of theirs.</summary>
    public bool HasSharedQueues { get; private set; }

    /// <summary>True when a device can wake the worker.</summary>
    public bool HasLivePort => _live.Count > 0;

    /// <inheritdoc/>
    public bool WantsReports => _sink.WantsReports;

    /// <inheritdoc/>
    public bool MayLeaveReportsOut => _sink.MayLeaveReportsOut;

    private bool HasUnsent => _live.Exists(port => port.HasUnsent) || _shared.Exists(end => end.HasUnsent);

    /// <summary>Shares ports out among workers.</summary>
    /// <param name="count">Number of workers.</param>
    /// <param name="queues">Each port's number and its queues: one for every worker, or one in all.</param>
    /// <param name="options">Sizes.</param>
    public static WorkerPorts[] Share(
        int count, IEnumerable<(int Port, IReadOnlyList<IPacketPort> Queues)> queues, SwitchWorkersOptions options)
    {
        WorkerPorts[] workers = [.. Enumerable.Range(0, count).Select(_ => new WorkerPorts(options))];
        int owner = 0;
        foreach ((int port, IReadOnlyList<IPacketPort> ends) in queues)
        {
            if (ends.Count == count)
            {
                for (int i = 0; i < count; i++)
                {
                    workers[i].Attach(port, ends[i], ends[i]);
                }

                continue;
            }

            // Ports of one queue go to the workers in turn, so that no worker reads them all.
            var shared = new SharedQueue(ends[0], owner, count, options, worker => workers[worker].Wake());
            workers[owner]._owned.Add(shared);
            for (int i = 0; i < count; i++)
            {
                workers[i].Attach(port, shared.EndOf(i), i == owner ? ends[0] : null);
            }

            owner = (owner + 1) % count;
        }

        return workers;
    }

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> frames)
    {
        // Another port begins each time, so that a busy one does not keep the others waiting.
        int total = 0;
        for (int i = 0; i < _attached.Count && total < frames.Length; i++)
        {
            int port = _attached[(_next + i) % _attached.Count];
            int count = _byPort[port].Receive(pool, frames[total..]);
            foreach (ref FrameDescriptor frame in frames.Slice(total, count))
            {
                frame.Port = (ushort)port;
            }

            total += count;
        }

        _next = _attached.Count > 0 ? (_next + 1) % _attached.Count : 0;
        return total;
    }

    /// <inheritdoc/>
    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        _sink.Transmit(pool, frame, report);

    /// <inheritdoc/>
    public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress) =>
        _sink.Forward(pool, frames, egress);

    /// <inheritdoc/>
    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        _sink.Retire(pool, frame, report);

    /// <summary>Sends on what ports have only taken so far; looks after live ports now and then.</summary>
    public void Flush(PacketPool pool)
    {
        foreach (int port in _attached)
        {
            _byPort[port].Flush(pool);
        }

        if (Environment.TickCount64 - _maintainedMs >= MaintenanceIntervalMs)
        {
            Maintain();
        }
    }

    /// <summary>Sleeps until there is something to do, or something is due by the clock.</summary>
    /// <param name="processor">Whose next hops are seen to.</param>
    /// <param name="clock">The clock; null where there is none.</param>
    /// <param name="hasWork">Whether others have brought something.</param>
    public void Wait(PacketProcessor processor, TimeProvider? clock, Func<bool> hasWork)
    {
        if (_options.BusyPoll)
        {
            return;
        }

        int milliseconds = _mustPoll || HasUnsent ? PollIntervalMs : MaintenanceIntervalMs;
        if (clock is not null && processor.WakeNs is long dueNs and < long.MaxValue)
        {
            milliseconds = (int)Math.Clamp(((dueNs - WallClock.NowNs(clock)) / NsPerMs) + 1, 0, milliseconds);
        }

        if (!_bell.Sleep(milliseconds, () => hasWork() || _shared.Exists(end => end.HasArrivals)))
        {
            // A device that went down or away says so once, when it is looked at.
            Maintain();
        }
    }

    /// <summary>Ends the sleep, or the next one. Thread: any.</summary>
    public void Wake() => _bell.Ring();

    /// <inheritdoc/>
    public void Dispose()
    {
        _owned.ForEach(shared => shared.Dispose());
        _bell.Dispose();
    }

    private void Attach(int port, IPacketPort end, IPacketPort? own)
    {
        _byPort.Add(port, end);
        _attached.Add(port);
        if (end is SharedQueue.NearEnd near)
        {
            _shared.Add(near);
        }

        if (own is ILivePort live)
        {
            _live.Add(live);
            _bell.Add(live);
        }

        HasSharedQueues |= end != own;
        _mustPoll |= own is not null and not ILivePort;
    }

    private void Maintain()
    {
        _maintainedMs = Environment.TickCount64;
        foreach (ILivePort port in _live)
        {
            if (port.Maintain())
            {
                _bell.Add(port);
            }
        }
    }
}
