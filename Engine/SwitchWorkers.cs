using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine;

/// <summary>A virtual switch on several threads: each flow has one worker, and workers share nothing.</summary>
/// <remarks>
/// <code>
/// IReadOnlyList&lt;ILivePort&gt; web = LivePorts.OpenQueues("raw:web", count: 4);
/// using var workers = new SwitchWorkers(
///     policy, count: 4, new Dictionary&lt;string, IReadOnlyList&lt;IPacketPort&gt;&gt; { ["web"] = web, … });
/// workers.Start();
/// workers.Apply(other);
/// workers.Stop();
/// </code>
/// What leaves does not depend on the number of workers, and flows keep their order. Not so where a limit is reached
/// (limits are shared out), where a NAT pool has no binding in a flow's shard, and in outer IPv4 identifications, which
/// each worker counts. Idle workers sleep until their ports or other workers wake them; those whose ports only they
/// know spin for a while, then sleep for a millisecond at a time.
/// Thread: one at a time; workers have threads of their own.
/// </remarks>
public sealed partial class SwitchWorkers : IDisposable
{
    private const int SpinsBeforeSleep = 200;
    private const int IdleSweep = 64;
    private static readonly TimeSpan LongestFlush = TimeSpan.FromMilliseconds(200);

    private readonly Worker[] _workers;
    private readonly PolicySnapshot[] _latest;
    private readonly WorkerLinks _links;
    private readonly WorkerPorts[] _live;
    private readonly LoopClock[] _loops;
    private readonly TimeProvider? _clock;
    private readonly bool _pins;
    private Thread[] _threads = [];
    private volatile Exception? _failure;
    private volatile WorkerPhase _phase;

    /// <summary>Makes the workers; they rest until they are started.</summary>
    /// <param name="policy">The policy to start with.</param>
    /// <param name="count">Number of workers, 1 to 256.</param>
    /// <param name="ports">Gives each worker, by its number, its queue of the ports; disposed by who made them.</param>
    /// <param name="options">Sizes and limits.</param>
    /// <exception cref="PolicyException">The policy has mistakes; all of them are told.</exception>
    /// <exception cref="NotSupportedException">
    /// The policy limits rates, resolves neighbours or learns stations, which only one worker can, or watches VTEPs by
    /// BFD, has multicast groups, or follows the host's tables.
    /// </exception>
    public SwitchWorkers(
        SwitchPolicy policy, int count, Func<int, IWorkerPort> ports, SwitchWorkersOptions? options = null)
        : this(policy, Ask(policy, count, ports), options ?? new SwitchWorkersOptions())
    {
    }

    /// <summary>Makes workers that share ports; they rest until they are started.</summary>
    /// <param name="policy">The policy to start with.</param>
    /// <param name="count">Number of workers, 1 to 256.</param>
    /// <param name="queues">
    /// Queues of the policy's ports by name; disposed by who made them. A port has one for every worker, each of which
    /// only its worker uses, or a single one: then one worker receives from it, and the others send by way of that one.
    /// </param>
    /// <param name="options">Sizes and limits.</param>
    /// <exception cref="PolicyException">The policy has mistakes; all of them are told.</exception>
    /// <exception cref="NotSupportedException">
    /// The policy limits rates, resolves neighbours or learns stations, which only one worker can, or watches VTEPs by
    /// BFD, has multicast groups, or follows the host's tables.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The policy has no such port, or a port has neither one queue nor one for every worker.
    /// </exception>
    public SwitchWorkers(
        SwitchPolicy policy,
        int count,
        IReadOnlyDictionary<string, IReadOnlyList<IPacketPort>> queues,
        SwitchWorkersOptions? options = null)
        : this(policy, Share(policy, count, queues, options ??= new SwitchWorkersOptions()), options)
    {
    }

    private SwitchWorkers(SwitchPolicy policy, IWorkerPort[] ports, SwitchWorkersOptions options)
    {
        int count = ports.Length;
        Policy = policy;
        _live = ports as WorkerPorts[] ?? [];
        _clock = options.Clock ?? (_live.Any(w => w.HasLivePort) ? TimeProvider.System : null);
        _pins = options.PinToCores;
        SwitchLimits limits = options.Limits with
        {
            FlowPairs = Math.Max(1, options.Limits.FlowPairs / count),
            Datagrams = Math.Max(1, options.Limits.Datagrams / count),
        };
        _links = new WorkerLinks(count, options.LaneCapacity, options.FrameCapacity);
        _workers = new Worker[count];
        _loops = new LoopClock[count];
        var pathMtus = new PathMtus();
        for (int i = 0; i < count; i++)
        {
            var ownership = new FlowOwnership(new FlowShards(limits.HashKey, i, count), _links.Stubs, i);
            IWorkerPort port = ports[i];

            // Among objects of the same worker: what two workers write for each burst must not share a cache line.
            _loops[i] = new LoopClock();
            var pool = new PacketPool(options.BufferCount, options.FrameCapacity);
            var core = new SwitchCore(
                policy, limits, pool, port, classifiers: options.Classifier, ownership: ownership, pathMtus: pathMtus);
            if (options.PopulateMemory)
            {
                core.Populate();
            }

            _workers[i] = new Worker(i, core, port, _links, ownership);
        }

        _latest = [.. _workers.Select(w => w.Core.Processor.Snapshot)];
        for (int i = 0; i < _live.Length; i++)
        {
            _live[i].TellLost(_workers[i].Core.Processor.TakeBack);
            _live[i].ShareBuffers(_workers[i].Core.Pool);
        }

        if (_live.Length > 0)
        {
            _links.Wake = worker => _live[worker].Wake();
        }
    }

    /// <summary>Number of workers.</summary>
    public int Count => _workers.Length;

    /// <summary>The policy that was applied last.</summary>
    public SwitchPolicy Policy { get; private set; }

    /// <summary>Number of that policy: 1 for the first, one more for each that changed something.</summary>
    public uint Generation => _latest[0].Generation;

    /// <summary>True when every worker has taken over the policy that was applied last.</summary>
    public bool IsSettled => _workers.All(w => w.Core.Generation == Generation);

    /// <summary>Packets that fared like earlier ones, and were not decided anew.</summary>
    public long FastPathHits => _workers.Sum(w => w.Core.FastPathHits);

    /// <summary>Times that a frame went from one worker to another.</summary>
    public long HandedOver => _workers.Sum(w => w.HandedOut);

    /// <summary>Packet buffers that are in use, those that ports have lent to their devices included.</summary>
    public int BuffersInUse => _workers.Sum(w => w.Core.Pool.Count - w.Core.Pool.FreeCount);

    /// <summary>
    /// Is told of every packet's fate from a burst boundary on, by all workers, several at a time; null when nobody
    /// wants to know, and packets like earlier ones go the short way. Only workers that share ports tell.
    /// </summary>
    public IPacketObserver? Observer
    {
        get => _live.Length > 0 ? _live[0].Observer : null;
        set => AskAll(worker => _live[worker.Number].Observer = value);
    }

    /// <summary>Why a worker has failed, and all have ended; null while none has. Thread: any.</summary>
    public Exception? Failure => _failure;

    /// <summary>Finds the number that frames of a port carry.</summary>
    public bool TryFindPort(string name, out int index) => _latest[0].PortNames.TryFind(name, out index);

    /// <summary>The name of a port by the number that frames and reports carry.</summary>
    public string PortName(int index) => _latest[0].PortNames[index];

    /// <summary>
    /// Puts a policy in force: each worker takes it over between two bursts, so that every packet sees one policy.
    /// </summary>
    /// <returns>False when it is equal to the one in force, whose generation then stays.</returns>
    /// <exception cref="PolicyException">The policy has mistakes; the old one stays in force.</exception>
    /// <exception cref="NotSupportedException">
    /// The policy limits rates, resolves neighbours or learns stations, which only one worker can, or watches VTEPs by
    /// BFD, has multicast groups, or follows the host's tables.
    /// </exception>
    public bool Apply(SwitchPolicy policy)
    {
        SwitchCore.Validate(policy);
        CheckSupported(policy, Count);
        if (policy == Policy)
        {
            return false;
        }

        Publish(policy, null);
        return true;
    }

    /// <inheritdoc cref="VirtualSwitch.SetVtepState(IpAddress, bool)"/>
    public bool SetVtepState(IpAddress vtep, bool isUp)
    {
        bool isChange = SwitchCore.TryChangeVtep(
            _latest[0].DownVteps, vtep, isUp, out IReadOnlySet<IpAddress> down);
        if (isChange)
        {
            Publish(Policy, down);
        }

        return isChange;
    }

    /// <summary>Stops the workers if they run, and frees the packet buffers.</summary>
    public void Dispose()
    {
        EndThreads();
        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }

        Array.ForEach(_live, ports => ports.Dispose());
        _links.Dispose();
    }

    private static void CheckSupported(SwitchPolicy policy, int count)
    {
        Rule? limit = policy.Layers
            .SelectMany(l => l.Groups.SelectMany(g => g.Rules))
            .FirstOrDefault(r => r.Action is RuleAction.RateLimit);
        if (count > 1 && limit is not null)
        {
            throw new NotSupportedException(
                $"Rule '{limit.Id}' limits a rate, which workers do not share: use one worker.");
        }

        // Sessions change what VTEPs are up, and with it the policy, on the worker's own thread.
        if (policy.Ports.FirstOrDefault(p => p.Bfd is not null) is { } watching)
        {
            throw new NotSupportedException(
                $"Port '{watching.Name}' watches VTEPs by BFD, which workers cannot, not even one: use a "
                + $"{nameof(VirtualSwitch)}, or vxe run without --workers and --pin.");
        }

        // Who says so to routers is one worker, and queries come to another.
        if (policy.Networks.FirstOrDefault(n => n.MulticastGroup is not null) is { } flooding)
        {
            throw new NotSupportedException(
                $"Network '{flooding.Name}' has a multicast group, which workers do not join: use a "
                + $"{nameof(VirtualSwitch)}.");
        }

        // The answer to a question comes to one worker, and the packets of all would wait for it.
        Port? asking = policy.Ports.FirstOrDefault(p => p.ResolveNeighbors);
        if (count > 1 && asking is not null)
        {
            throw new NotSupportedException(
                $"Port '{asking.Name}' resolves neighbours, which workers do not share: use one worker, or name them.");
        }

        // Changes of the machine's tables come to one thread, and are everybody's next hops.
        if (policy.Ports.FirstOrDefault(p => p.HostTables) is { } following)
        {
            throw new NotSupportedException(
                $"Port '{following.Name}' follows the host's tables, which workers cannot, not even one: use a "
                + $"{nameof(VirtualSwitch)}, or vxe run without --workers and --pin.");
        }

        Port? limited = policy.Ports.FirstOrDefault(p => p.Rates != PortRates.None);
        if (count > 1 && limited is not null)
        {
            throw new NotSupportedException(
                $"Port '{limited.Name}' has rates, which workers do not share: use one worker.");
        }

        Network? learning = policy.Networks.FirstOrDefault(n => n.Learning is not null);
        if (count > 1 && learning is not null)
        {
            throw new NotSupportedException(
                $"Network '{learning.Name}' learns stations, which workers do not share: use one worker.");
        }
    }

    private static IWorkerPort[] Ask(SwitchPolicy policy, int count, Func<int, IWorkerPort> ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        Check(policy, count);
        return [.. Enumerable.Range(0, count).Select(ports)];
    }

    private static IWorkerPort[] Share(
        SwitchPolicy policy,
        int count,
        IReadOnlyDictionary<string, IReadOnlyList<IPacketPort>> queues,
        SwitchWorkersOptions options)
    {
        ArgumentNullException.ThrowIfNull(queues);
        Check(policy, count);
        if (queues.FirstOrDefault(q => q.Value.Count != 1 && q.Value.Count != count) is { Key: string wrong })
        {
            throw new ArgumentException(
                $"Port '{wrong}' has neither one queue nor one for each of {count} workers.", nameof(queues));
        }

        // Workers number a first policy's ports in its order.
        List<string> names = [.. policy.Ports.Select(p => p.Name)];
        if (queues.Keys.FirstOrDefault(name => !names.Contains(name)) is string unknown)
        {
            throw new ArgumentException($"The policy has no port '{unknown}'.", nameof(queues));
        }

        return WorkerPorts.Share(count, queues.Select(q => (names.IndexOf(q.Key), q.Value)), options);
    }

    private static void Check(SwitchPolicy policy, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, FlowShards.Count);
        SwitchCore.Validate(policy);
        CheckSupported(policy, count);
    }

    private void Publish(SwitchPolicy policy, IReadOnlySet<IpAddress>? downVteps)
    {
        long nowNs = NowNs();
        for (int i = 0; i < Count; i++)
        {
            _latest[i] = _workers[i].Core.Prepare(policy, nowNs, _latest[i], downVteps);
        }

        Policy = policy;
        for (int i = 0; i < Count; i++)
        {
            _workers[i].Publish(_latest[i]);
        }

        Notify();
    }
}
