using VxlanEngine.Queues;

namespace VxlanEngine.Pipeline;

/// <summary>What joins the workers of a switch: lanes for frames, rings for what they tell each other.</summary>
internal sealed class WorkerLinks : IDisposable
{
    // More flows than a worker makes in the time in which another one processes a burst.
    private const int StubCapacity = 1 << 14;

    private readonly HandoverLane?[] _lanes;

    /// <summary>Makes the links.</summary>
    /// <param name="workers">Number of workers.</param>
    /// <param name="laneCapacity">Most frames that wait between two workers, a power of two.</param>
    /// <param name="frameCapacity">Bytes of the longest frame behind its headroom.</param>
    public WorkerLinks(int workers, int laneCapacity, int frameCapacity)
    {
        Workers = workers;
        Stubs = new RingMesh<FlowStub>(workers, StubCapacity);
        var rings = new RingMesh<HandedFrame>(workers, laneCapacity);
        _lanes = new HandoverLane?[workers * workers];
        for (int i = 0; i < _lanes.Length; i++)
        {
            (int from, int to) = (i / workers, i % workers);
            _lanes[i] = from == to ? null : new HandoverLane(rings[from, to], frameCapacity);
        }
    }

    /// <summary>Number of workers.</summary>
    public int Workers { get; }

    /// <summary>Who has which flows.</summary>
    public RingMesh<FlowStub> Stubs { get; }

    /// <summary>Is told of a worker that has got frames, for it may sleep; null where workers never do.</summary>
    public Action<int>? Wake { get; set; }

    /// <summary>The lane from one worker to another one.</summary>
    public HandoverLane Lane(int from, int to) => _lanes[(from * Workers) + to]!;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (HandoverLane? lane in _lanes)
        {
            lane?.Dispose();
        }
    }
}
