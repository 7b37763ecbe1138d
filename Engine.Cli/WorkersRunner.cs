using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Cli;

/// <summary>A switch that runs on threads of its own.</summary>
internal sealed class WorkersRunner(SwitchWorkers workers) : ISwitchRunner, IDisposable
{
    private readonly AutoResetEvent _wake = new(initialState: false);

    /// <inheritdoc/>
    public int Workers => workers.Count;

    /// <inheritdoc/>
    public uint Generation => workers.Generation;

    /// <inheritdoc/>
    public IPacketObserver? Observer
    {
        set => workers.Observer = value;
    }

    /// <inheritdoc/>
    // Workers refuse policies that have sessions.
    public Action<BfdSummary>? BfdChanged
    {
        set { }
    }

    /// <inheritdoc/>
    public bool Apply(SwitchPolicy policy) => workers.Apply(policy);

    /// <inheritdoc/>
    public SwitchCounters ReadCounters() => workers.ReadCounters();

    /// <inheritdoc/>
    public IReadOnlyList<FlowSummary> ReadFlows(int limit) => workers.ReadFlows(limit);

    /// <inheritdoc/>
    public IReadOnlyList<LearntStation> ReadStations(int limit) => workers.ReadStations(limit);

    /// <inheritdoc/>
    public IReadOnlyList<BfdSummary> ReadBfdSessions() => [];

    /// <inheritdoc/>
    public IReadOnlyList<HostTablesSummary> ReadHostTables() => [];

    /// <inheritdoc/>
    public IReadOnlyList<WorkerReport> ReadWorkers() => workers.ReadWorkers();

    /// <inheritdoc/>
    public string PortName(int index) => workers.PortName(index);

    /// <inheritdoc/>
    public TimeSpan SinceLook(int worker) => workers.SinceLook(worker);

    /// <inheritdoc/>
    public void Start() => workers.Start();

    /// <inheritdoc/>
    public void Turn(TimeSpan longest)
    {
        // Less than nothing would be an error, or for ever.
        _wake.WaitOne(longest > TimeSpan.Zero ? longest : TimeSpan.Zero);
        if (workers.Failure is { } failure)
        {
            throw new InvalidOperationException("A worker has failed.", failure);
        }
    }

    /// <inheritdoc/>
    public void Wake() => _wake.Set();

    /// <inheritdoc/>
    public void Drain() => workers.Stop();

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();
}
