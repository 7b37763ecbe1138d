using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Wire;

namespace VxlanEngine;

/// <summary>A virtual switch: ports, the policy in force, and the packets between them.</summary>
/// <remarks>
/// <code>
/// using var vswitch = new VirtualSwitch(PolicyJson.Load("overlay.json"));
/// vswitch.Attach("web", web);
/// vswitch.Attach("uplink", uplink);
/// while (running)
/// {
///     if (vswitch.Poll() == 0) { vswitch.Wait(TimeSpan.FromSeconds(1)); }
/// }
/// </code>
/// Thread: one at a time; <see cref="Wake"/> may be called from any.
/// </remarks>
public sealed class VirtualSwitch : IDisposable
{
    private const int BurstLength = 64;
    private const int IdleSweep = 32;
    private const int MaintenanceIntervalMs = 500;
    private const int PollIntervalMs = 1;
    private const long NsPerMs = 1_000_000;

    private readonly SwitchCore _core;
    private readonly Dictionary<int, IPacketPort> _adapters = [];
    private readonly List<int> _attached = [];
    private readonly List<ILivePort> _live = [];
    private readonly FrameDescriptor[] _burst = new FrameDescriptor[BurstLength];
    private readonly PortSink _sink;
    private readonly LoopClock _loop = new();
    private TimeProvider? _clock;
    private PortWaiter? _waiter;
    private HostFollower? _host;
    private bool _hasNewPort;
    private long _maintainedMs = Environment.TickCount64;

    /// <summary>Builds a switch.</summary>
    /// <param name="policy">The policy to start with.</param>
    /// <param name="options">Sizes and limits.</param>
    /// <exception cref="PolicyException">The policy has mistakes; all of them are told.</exception>
    public VirtualSwitch(SwitchPolicy policy, VirtualSwitchOptions? options = null)
    {
        options ??= new VirtualSwitchOptions();
        _clock = options.Clock;
        _sink = new PortSink(_adapters, options.FrameCapacity) { Observer = options.Observer };
        _core = new SwitchCore(
            policy,
            options.Limits,
            options.BufferCount,
            options.FrameCapacity,
            _sink,
            classifiers: options.Classifier);
        if (options.PopulateMemory)
        {
            _core.Populate();
        }
    }

    /// <summary>Opens the machine's own tables.</summary>
    internal Func<IHostTableSource> HostSource { get; init; } = RouteNetlink.Open;

    /// <summary>The policy in force.</summary>
    public SwitchPolicy Policy => _core.Policy;

    /// <summary>Number of the policy in force: 1 for the first, one more for each that changed something.</summary>
    public uint Generation => _core.Generation;

    /// <summary>
    /// Is told of every packet's fate from the next burst on; null when nobody wants to know, and packets like earlier
    /// ones go the short way.
    /// </summary>
    public IPacketObserver? Observer
    {
        get => _sink.Observer;
        set => _sink.Observer = value;
    }

    /// <summary>
    /// Is told of every BFD session that comes into another state, on the switch's thread and at once; it must not call
    /// the switch. Null when nobody wants to know.
    /// </summary>
    public Action<BfdSummary>? BfdChanged
    {
        get => _core.Processor.SessionChanged;
        set => _core.Processor.SessionChanged = value;
    }

    /// <summary>Packets that fared like earlier ones, and were not decided anew.</summary>
    public long FastPathHits => _core.FastPathHits;

    /// <summary>Time since <see cref="Poll"/> or <see cref="Wait"/> has last ended. Thread: any.</summary>
    public TimeSpan SinceLook => _loop.SinceLook;

    /// <summary>
    /// Puts a policy in force: every packet from the next one on sees all of it, and established flows live on.
    /// </summary>
    /// <returns>False when it is equal to the one in force, whose generation then stays.</returns>
    /// <exception cref="PolicyException">The policy has mistakes; the old one stays in force.</exception>
    public bool Apply(SwitchPolicy policy)
    {
        bool isOther = _core.Apply(policy);
        if (isOther)
        {
            _attached.ForEach(TellGroups);
            _attached.ForEach(FollowHost);
            MaintainHost();
        }

        return isOther;
    }

    /// <summary>
    /// Says whether a VTEP can be reached, as a liveness protocol knows it: routes and tunnels with several VTEPs send
    /// flows to those that are up. Flows of the others stay where they are, and those that moved come back.
    /// </summary>
    /// <remarks>
    /// Where all VTEPs of a route are down, all are used, and so is the only one. What is received is not affected. It
    /// is kept when the policy changes, and costs what applying one costs. Sessions that an uplink has by
    /// <see cref="Port.Bfd"/> say it themselves, when one comes up, and when one that was up is so no longer.
    /// </remarks>
    /// <param name="vtep">Address of the VTEP; every one is up at first.</param>
    /// <param name="isUp">Whether it can be reached.</param>
    /// <returns>False when it was said before.</returns>
    public bool SetVtepState(IpAddress vtep, bool isUp) => _core.SetVtepState(vtep, isUp);

    /// <summary>Connects a port of the policy to where its frames come from and go to.</summary>
    /// <param name="port">Name of the port.</param>
    /// <param name="adapter">The adapter; the switch does not dispose it.</param>
    /// <exception cref="ArgumentException">The policy in force has no such port, or it is attached already.</exception>
    public void Attach(string port, IPacketPort adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        if (!_core.TryFindPort(port, out int index) || _core.Processor.Snapshot.Port(index) is null)
        {
            throw new ArgumentException($"The policy has no port '{port}'.", nameof(port));
        }

        if (!_adapters.TryAdd(index, adapter))
        {
            throw new ArgumentException($"Port '{port}' is attached already.", nameof(port));
        }

        _attached.Add(index);
        if (adapter is IMulticastPort { SaysMemberships: true })
        {
            _core.Processor.LeaveJoiningTo(index);
        }

        TellGroups(index);
        if (adapter is ILivePort live)
        {
            _live.Add(live);
            _hasNewPort = true;
            _clock ??= TimeProvider.System;
            if (OperatingSystem.IsLinux())
            {
                _waiter ??= new PortWaiter();
                WaitFor(live);
            }
        }

        FollowHost(index);
        MaintainHost();
    }

    /// <summary>
    /// Receives a burst from every port, or a few where they are full, and takes each frame to its fate; looks after
    /// live ports now and then. When no frame came, does what is due by the clock: requests for next hops, BFD, and the
    /// end of what was idle too long.
    /// </summary>
    /// <returns>The number of frames received.</returns>
    public int Poll()
    {
        ShareBuffers();
        long began = _loop.Now;
        int total = 0;
        _host?.Turn();
        foreach (int port in _attached)
        {
            // Devices are told of several bursts at once: a system call for each would cost more than to decide them.
            int count = ProcessBurst(port);
            total += count;
            for (int more = 1; more < Worker.BurstsInTurn && count == BurstLength && !_core.Pool.IsScarce; more++)
            {
                count = ProcessBurst(port);
                total += count;
            }
        }

        if (total == 0 && _clock is not null)
        {
            _core.Processor.Tick(WallClock.NowNs(_clock), IdleSweep);
        }

        foreach (int port in _attached)
        {
            _adapters[port].Flush(_core.Pool);
        }

        if (_live.Count > 0 && Environment.TickCount64 - _maintainedMs >= MaintenanceIntervalMs)
        {
            Maintain();
        }

        _loop.Looked(began, total > 0);
        return total;
    }

    /// <summary>
    /// Sleeps until a frame waits at a live port, a next hop or a BFD session is to be seen to, somebody wakes the
    /// switch, or the time is over.
    /// </summary>
    /// <param name="timeout">
    /// The longest time; a millisecond where a port is attached that one can only ask, such as a
    /// <see cref="MemoryPort"/>.
    /// </param>
    public void Wait(TimeSpan timeout)
    {
        ShareBuffers();
        int milliseconds = (int)Math.Clamp(timeout.TotalMilliseconds, 0, MaintenanceIntervalMs);
        bool isHostDue = _host is { IsDue: true };
        if (_live.Count < _attached.Count || isHostDue || _live.Exists(port => port.HasUnsent))
        {
            milliseconds = Math.Min(milliseconds, PollIntervalMs);
        }

        if (_clock is not null && _core.Processor.WakeNs is long dueNs and < long.MaxValue)
        {
            long left = ((dueNs - WallClock.NowNs(_clock)) / NsPerMs) + 1;
            milliseconds = (int)Math.Clamp(left, 0, milliseconds);
        }

        if (_waiter is null)
        {
            Thread.Sleep(milliseconds);
        }
        else if (_waiter.Wait(milliseconds) == WaitResult.Error)
        {
            // A device that went down or away says so once, when it is looked at.
            Maintain();
        }

        _host?.LookSoon();
        _loop.Woke();
    }

    /// <summary>
    /// Tells the VTEPs that uplinks watch that the sessions are over (AdminDown, RFC 5880 §6.8.16), and routers that
    /// the groups were left (RFC 2236 §3, RFC 3376 §5.1, RFC 3810 §6.1), before the switch ends: nobody waits for it.
    /// </summary>
    /// <remarks>
    /// Packets are processed as before, but sessions and groups do not come back. What is said may be lost:
    /// <see cref="Poll"/> says it again, for a detection time and as often as the querier wants it, as it does after a
    /// policy without them. Live adapters must not be disposed yet.
    /// </remarks>
    public void SayGoodbye()
    {
        _core.Processor.SayGoodbye(_clock is null ? _core.Processor.NowNs : WallClock.NowNs(_clock));
        foreach (int port in _attached)
        {
            _adapters[port].Flush(_core.Pool);
        }
    }

    /// <summary>Ends <see cref="Wait"/>, or the next one; may be called from any thread.</summary>
    public void Wake() => _waiter?.Wake();

    /// <summary>Reads all counters.</summary>
    public SwitchCounters ReadCounters() => _core.ReadCounters();

    /// <summary>Reads what the switch has done, and how busy it is, as the only worker that it is.</summary>
    public WorkerReport ReadWorker() => new()
    {
        Number = 0,
        BusyShare = _loop.BusyShare,
        Packets = _core.ReadCounters().Received,
        FastPathHits = _core.FastPathHits,
        HandedOver = 0,
        LongestStall = _loop.LongestStall,
    };

    /// <summary>Looks at the connections that the switch keeps state of.</summary>
    /// <param name="limit">The most to return, in no order.</param>
    public IReadOnlyList<FlowSummary> ReadFlows(int limit) => _core.ReadFlows(limit);

    /// <summary>Looks at the BFD sessions, by the order of their VTEPs.</summary>
    public IReadOnlyList<BfdSummary> ReadBfdSessions() => _core.ReadBfdSessions();

    /// <summary>
    /// Looks at how uplinks follow the machine's own routes and neighbours (<see cref="Port.HostTables"/>).
    /// </summary>
    public IReadOnlyList<HostTablesSummary> ReadHostTables() => [.. _host?.Read() ?? []];

    /// <summary>Looks at the stations that networks have learnt (<see cref="Network.Learning"/>).</summary>
    /// <param name="limit">The most to return, by network and MAC address.</param>
    public IReadOnlyList<LearntStation> ReadStations(int limit) => _core.ReadStations(limit);

    /// <summary>
    /// Forgets stations that were learnt, from the next burst on; they are learnt anew when they send. Those that the
    /// policy names stay.
    /// </summary>
    /// <param name="network">Those of this network; null for all networks.</param>
    /// <param name="port">Those behind this endpoint port; null for all, and remote ones.</param>
    /// <param name="vtep">Those behind this VTEP; null for all, and local ones.</param>
    /// <returns>How many were forgotten.</returns>
    public int ForgetStations(string? network = null, string? port = null, IpAddress? vtep = null) =>
        _core.ForgetStations(network, port, vtep);

    /// <summary>The name of a port by the number that reports carry.</summary>
    public string PortName(int index) => _core.PortName(index);

    /// <summary>Frees the packet buffers. Adapters are left to whoever made them.</summary>
    public void Dispose()
    {
        _host?.Dispose();
        _waiter?.Dispose();
        _core.Dispose();
    }

    private int ProcessBurst(int port)
    {
        int count = _adapters[port].Receive(_core.Pool, _burst);
        for (int i = 0; i < count; i++)
        {
            _burst[i].Port = (ushort)port;
        }

        _core.Process(_burst.AsSpan(0, count));
        return count;
    }

    /// <summary>Has ports that lend buffers to their devices take them from the switch's pool.</summary>
    private void ShareBuffers()
    {
        if (!_hasNewPort)
        {
            return;
        }

        // All at once, so that a port is opened anew only when one is attached later.
        _hasNewPort = false;
        if (_core.Pool.TryExtend(_live.Sum(port => port.WantedBuffers)))
        {
            foreach (ILivePort port in _live)
            {
                if (port.Adopt(_core.Pool))
                {
                    WaitFor(port);
                }
            }
        }
    }

    /// <summary>Tells an adapter which groups its port is a member of by the policy in force.</summary>
    private void TellGroups(int port)
    {
        if (_adapters[port] is IMulticastPort adapter)
        {
            adapter.SetGroups(_core.Processor.Snapshot.Port(port)?.Groups ?? []);
            if (adapter is ILivePort live)
            {
                WaitFor(live);
            }
        }
    }

    /// <summary>Has the machine's own tables followed for a port, if the policy in force says so.</summary>
    private void FollowHost(int port)
    {
        if (_core.Processor.Snapshot.Port(port) is { Port: { HostTables: true } uplink })
        {
            _host ??= new HostFollower(_core, HostSource);
            _host.Follow(port, uplink, _adapters[port]);
        }
        else
        {
            _host?.Leave(port);
        }
    }

    private void MaintainHost()
    {
        if (_host is not null && _host.Maintain())
        {
            _waiter?.Add(_host.Descriptor);
        }
    }

    private void Maintain()
    {
        _maintainedMs = Environment.TickCount64;
        MaintainHost();
        foreach (ILivePort port in _live)
        {
            if (port.Maintain())
            {
                WaitFor(port);
            }
        }
    }

    private void WaitFor(ILivePort port) => _waiter?.Add(port);
}
