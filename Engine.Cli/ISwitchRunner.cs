using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Cli;

/// <summary>A switch on one thread or on several, as <see cref="RunSession"/> sees it.</summary>
/// <remarks>Thread: the session's, but for what says otherwise.</remarks>
internal interface ISwitchRunner
{
    /// <summary>Number of workers.</summary>
    int Workers { get; }

    /// <summary>Number of the policy in force.</summary>
    uint Generation { get; }

    /// <summary>Is told of every packet's fate; null when nobody wants to know.</summary>
    IPacketObserver? Observer { set; }

    /// <summary>Is told when a BFD session changes its state; never where none can be.</summary>
    Action<BfdSummary>? BfdChanged { set; }

    /// <inheritdoc cref="VirtualSwitch.Apply"/>
    bool Apply(SwitchPolicy policy);

    /// <inheritdoc cref="VirtualSwitch.ReadCounters"/>
    SwitchCounters ReadCounters();

    /// <inheritdoc cref="VirtualSwitch.ReadFlows"/>
    IReadOnlyList<FlowSummary> ReadFlows(int limit);

    /// <inheritdoc cref="VirtualSwitch.ReadStations"/>
    IReadOnlyList<LearntStation> ReadStations(int limit);

    /// <inheritdoc cref="VirtualSwitch.ReadBfdSessions"/>
    IReadOnlyList<BfdSummary> ReadBfdSessions();

    /// <inheritdoc cref="VirtualSwitch.ReadHostTables"/>
    IReadOnlyList<HostTablesSummary> ReadHostTables();

    /// <summary>What each worker has done.</summary>
    IReadOnlyList<WorkerReport> ReadWorkers();

    /// <summary>The name of a port by the number that reports carry. Thread: any.</summary>
    string PortName(int index);

    /// <summary>Time since a worker has looked at its ports. Thread: any.</summary>
    TimeSpan SinceLook(int worker);

    /// <summary>Begins to receive frames.</summary>
    void Start();

    /// <summary>Moves packets once, or waits until there is something to do.</summary>
    /// <param name="longest">The longest time to wait.</param>
    void Turn(TimeSpan longest);

    /// <summary>Ends the wait, or the next one. Thread: any.</summary>
    void Wake();

    /// <summary>Takes what has been received to its fate, and ends.</summary>
    void Drain();
}
