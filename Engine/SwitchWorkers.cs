using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine;

/// <summary>A virtual switch on several threads: each flow has one worker, and workers share nothing.</summary>
/// <remarks>
/// <code>
/// using var workers = new SwitchWorkers(policy, count: 4, n => ports[n]);
/// workers.Start();
/// workers.Apply(other);
/// workers.Stop();
/// </code>
/// What leaves does not depend on the number of workers, and flows keep their order. Not so where a limit is reached
/// (limits are shared out), where a NAT pool has no binding in a flow's shard, and in outer IPv4 identifications, which
/// each worker counts. Idle workers spin for a while, then sleep for a millisecond at a time.
/// Thread: one at a time; workers have threads of their own.
/// </remarks>
public sealed class SwitchWorkers : IDisposable
{
    private const int SpinsBeforeSleep = 200;

    private readonly Worker[] _workers;
    private readonly PolicySnapshot[] _latest;
    private readonly WorkerLinks _links;
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
    /// BFD.
    /// </exception>
    public SwitchWorkers(
        SwitchPolicy policy, int count, Func<int, IWorkerPort> ports, SwitchWorkersOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ports);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, FlowShards.Count);
        options ??= new SwitchWorkersOptions();
        SwitchCore.Validate(policy);
        CheckSupported(policy, count);
        Policy = policy;
        _pins = options.PinToCores;
        SwitchLimits limits = options.Limits with
        {
            FlowPairs = Math.Max(1, options.Limits.FlowPairs / count),
            Datagrams = Math.Max(1, options.Limits.Datagrams / count),
        };
        _links = new WorkerLinks(count, options.LaneCapacity, options.FrameCapacity);
        _workers = new Worker[count];
        var pathMtus = new PathMtus();
        for (int i = 0; i < count; i++)
        {
            var ownership = new FlowOwnership(new FlowShards(limits.HashKey, i, count), _links.Stubs, i);
            IWorkerPort port = ports(i);
            var pool = new PacketPool(options.BufferCount, options.FrameCapacity);
            var core = new SwitchCore(
                policy, limits, pool, port, classifiers: options.Classifier, ownership: ownership, pathMtus: pathMtus);
            _workers[i] = new Worker(i, core, port, _links, ownership);
        }

        _latest = [.. _workers.Select(w => w.Core.Processor.Snapshot)];
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

    /// <summary>Packet buffers that are in use.</summary>
    public int BuffersInUse => _workers.Sum(w => w.Core.Pool.Count - w.Core.Pool.FreeCount);

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
    /// BFD.
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

    /// <summary>Starts the workers, or lets them receive again after <see cref="Drain"/>.</summary>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public void Start()
    {
        ThrowIfFailed();
        _phase = WorkerPhase.Running;
        if (_threads.Length == 0)
        {
            _threads = [.. Enumerable.Range(0, Count).Select(MakeThread)];
            foreach (Thread thread in _threads)
            {
                thread.Start();
            }
        }

        // Else the next drain would take a worker that has not noticed this for one that has noticed the drain.
        WaitUntil(() => _workers.All(w => w.Phase == WorkerPhase.Running));
    }

    /// <summary>Lets the workers receive nothing more, and waits until all frames have met their fate.</summary>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public void Drain()
    {
        if (_threads.Length == 0)
        {
            return;
        }

        _phase = WorkerPhase.Draining;
        WaitUntil(IsQuiet);
    }

    /// <summary>Drains the workers and ends their threads.</summary>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public void Stop()
    {
        try
        {
            Drain();
        }
        finally
        {
            EndThreads();
        }
    }

    /// <summary>Reads all counters, summed over the workers; each tells its own between two bursts.</summary>
    public SwitchCounters ReadCounters()
    {
        long nowNs = NowNs();
        CounterRequest[] requests = [.. _workers.Select(_ => new CounterRequest(
            nowNs, new TaskCompletionSource<SwitchCounters>(TaskCreationOptions.RunContinuationsAsynchronously)))];
        for (int i = 0; i < Count; i++)
        {
            _workers[i].Ask(requests[i]);
        }

        if (_threads.Length == 0)
        {
            CrossBoundaries();
        }

        return SwitchCounters.Sum([.. requests.Select(Await)]);
    }

    /// <summary>Stops the workers if they run, and frees the packet buffers.</summary>
    public void Dispose()
    {
        EndThreads();
        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }

        _links.Dispose();
    }

    /// <summary>Runs every worker once on the calling thread, in turn; only while they are not started.</summary>
    /// <returns>False when none had anything to do.</returns>
    internal bool RunOnce(bool receives)
    {
        bool isBusy = false;
        foreach (Worker worker in _workers)
        {
            worker.CrossBoundary(_phase);
            isBusy |= worker.RunOnce(receives);
        }

        return isBusy;
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
                $"Port '{watching.Name}' watches VTEPs by BFD, which workers cannot: use a {nameof(VirtualSwitch)}.");
        }

        // The answer to a question comes to one worker, and the packets of all would wait for it.
        Port? asking = policy.Ports.FirstOrDefault(p => p.ResolveNeighbors);
        if (count > 1 && asking is not null)
        {
            throw new NotSupportedException(
                $"Port '{asking.Name}' resolves neighbours, which workers do not share: use one worker, or name them.");
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

    private SwitchCounters Await(CounterRequest request)
    {
        while (!request.Answer.Task.Wait(TimeSpan.FromMilliseconds(100)))
        {
            ThrowIfFailed();
        }

        return request.Answer.Task.Result;
    }

    private long NowNs() => _workers.Max(w => w.Core.Processor.NowNs);

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

        if (_threads.Length == 0)
        {
            CrossBoundaries();
        }
    }

    private void CrossBoundaries()
    {
        foreach (Worker worker in _workers)
        {
            worker.CrossBoundary(_phase);
        }
    }

    // Once nobody receives, what was handed out and not yet taken in is all that moves: taken in is read first, so that
    // the two are equal only when nothing does.
    private bool IsQuiet()
    {
        if (!_workers.All(w => w.Phase == WorkerPhase.Draining))
        {
            return false;
        }

        long takenIn = _workers.Sum(w => w.TakenIn);
        return takenIn == _workers.Sum(w => w.HandedOut);
    }

    private Thread MakeThread(int number) => new(() => Run(number))
    {
        Name = $"vxlan worker {number}",
        IsBackground = true,
    };

    private void Run(int number)
    {
        try
        {
            if (_pins)
            {
                CoreAffinity.TryPin(number % Environment.ProcessorCount);
            }

            RunWorker(_workers[number]);
        }
        catch (Exception e)
        {
            // A worker without its fellows would strand their frames: all of them end, and Stop tells why.
            _failure = e;
            _phase = WorkerPhase.Stopped;
        }
    }

    private void RunWorker(Worker worker)
    {
        var wait = default(SpinWait);
        for (WorkerPhase phase = _phase; phase != WorkerPhase.Stopped && _failure is null; phase = _phase)
        {
            worker.CrossBoundary(phase);
            if (worker.RunOnce(phase == WorkerPhase.Running))
            {
                wait.Reset();
            }
            else
            {
                wait.SpinOnce(SpinsBeforeSleep);
            }
        }

        worker.CrossBoundary(WorkerPhase.Stopped);
    }

    private void WaitUntil(Func<bool> condition)
    {
        var wait = default(SpinWait);
        while (_failure is null && !condition())
        {
            wait.SpinOnce();
        }

        ThrowIfFailed();
    }

    private void EndThreads()
    {
        _phase = WorkerPhase.Stopped;
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _threads = [];
    }

    private void ThrowIfFailed()
    {
        if (_failure is Exception failure)
        {
            throw new InvalidOperationException("A worker has failed.", failure);
        }
    }
}
