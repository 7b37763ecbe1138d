using System.Diagnostics;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Cli;

/// <summary>A switch that runs on the session's own thread.</summary>
internal sealed class SingleRunner(VirtualSwitch vswitch, IReadOnlyList<PortQueues> ports) : ISwitchRunner
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether it never sleeps.</summary>
    public bool IsBusy { get; init; }

    /// <inheritdoc/>
    public int Workers => 1;

    /// <inheritdoc/>
    public uint Generation => vswitch.Generation;

    /// <inheritdoc/>
    public IPacketObserver? Observer
    {
        set => vswitch.Observer = value;
    }

    /// <inheritdoc/>
    public Action<BfdSummary>? BfdChanged
    {
        set => vswitch.BfdChanged = value;
    }

    /// <inheritdoc/>
    public bool Apply(SwitchPolicy policy) => vswitch.Apply(policy);

    /// <inheritdoc/>
    public SwitchCounters ReadCounters() => vswitch.ReadCounters();

    /// <inheritdoc/>
    public IReadOnlyList<FlowSummary> ReadFlows(int limit) => vswitch.ReadFlows(limit);

    /// <inheritdoc/>
    public IReadOnlyList<LearntStation> ReadStations(int limit) => vswitch.ReadStations(limit);

    /// <inheritdoc/>
    public IReadOnlyList<BfdSummary> ReadBfdSessions() => vswitch.ReadBfdSessions();

    /// <inheritdoc/>
    public IReadOnlyList<HostTablesSummary> ReadHostTables() => vswitch.ReadHostTables();

    /// <inheritdoc/>
    public IReadOnlyList<WorkerReport> ReadWorkers() => [vswitch.ReadWorker()];

    /// <inheritdoc/>
    public string PortName(int index) => vswitch.PortName(index);

    /// <inheritdoc/>
    public TimeSpan SinceLook(int worker) => vswitch.SinceLook;

    /// <inheritdoc/>
    public void Start()
    {
    }

    /// <inheritdoc/>
    public void Turn(TimeSpan longest)
    {
        if (vswitch.Poll() == 0 && !IsBusy)
        {
            vswitch.Wait(longest);
        }
    }

    /// <inheritdoc/>
    public void Wake() => vswitch.Wake();

    /// <inheritdoc/>
    public void Drain()
    {
        var clock = Stopwatch.StartNew();
        bool isBusy = true;
        while (isBusy && clock.Elapsed < LongestDrain)
        {
            isBusy = vswitch.Poll() > 0 || ports.Any(p => p.HasUnsent);
        }

        vswitch.SayGoodbye();
        while (ports.Any(p => p.HasUnsent) && clock.Elapsed < LongestDrain)
        {
            vswitch.Poll();
        }
    }
}
