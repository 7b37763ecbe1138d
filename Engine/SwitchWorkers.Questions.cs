using VxlanEngine.Pipeline;

namespace VxlanEngine;

/// <content>What workers are asked, each between two of its bursts.</content>
public sealed partial class SwitchWorkers
{
    /// <summary>Reads all counters, summed over the workers; each tells its own between two bursts.</summary>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public SwitchCounters ReadCounters()
    {
        long nowNs = NowNs();
        return SwitchCounters.Sum(AskAll(worker =>
        {
            worker.Core.Processor.Advance(nowNs);
            return SwitchCounters.Sum([worker.Core.ReadCounters()]);
        }));
    }

    /// <summary>Looks at the connections that the switch keeps state of.</summary>
    /// <param name="limit">The most to return, in no order.</param>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public IReadOnlyList<FlowSummary> ReadFlows(int limit)
    {
        long nowNs = NowNs();
        return
        [
            .. AskAll(worker =>
            {
                worker.Core.Processor.Advance(nowNs);
                return worker.Core.ReadFlows(limit);
            }).SelectMany(flows => flows).Take(limit),
        ];
    }

    /// <summary>Looks at the stations that were learnt, which is done by one worker alone.</summary>
    /// <param name="limit">The most to return, in no order.</param>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public IReadOnlyList<LearntStation> ReadStations(int limit) =>
        [.. AskAll(worker => worker.Core.ReadStations(limit)).SelectMany(stations => stations).Take(limit)];

    /// <summary>Reads what each worker has done, in their order.</summary>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public IReadOnlyList<WorkerReport> ReadWorkers() => AskAll(worker => new WorkerReport
    {
        Number = worker.Number,
        BusyShare = _loops[worker.Number].BusyShare,
        Packets = worker.Core.ReadCounters().Received,
        FastPathHits = worker.Core.FastPathHits,
        HandedOver = worker.HandedOut,
        LongestStall = _loops[worker.Number].LongestStall,
    });

    /// <summary>Time since a worker, by its number, has looked at its ports. Thread: any.</summary>
    public TimeSpan SinceLook(int worker) => _loops[worker].SinceLook;

    /// <summary>Asks every worker something between two of its bursts.</summary>
    private T[] AskAll<T>(Func<Worker, T> question)
    {
        ThrowIfFailed();
        TaskCompletionSource<T>[] answers =
        [
            .. _workers.Select(_ => new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously)),
        ];
        for (int i = 0; i < Count; i++)
        {
            TaskCompletionSource<T> answer = answers[i];
            _workers[i].Ask(worker => answer.SetResult(question(worker)));
        }

        Notify();
        return [.. answers.Select(answer => Await(answer.Task))];
    }

    private T Await<T>(Task<T> answer)
    {
        while (!answer.Wait(TimeSpan.FromMilliseconds(100)))
        {
            ThrowIfFailed();
        }

        return answer.Result;
    }

    private long NowNs() => _workers.Max(w => w.Core.Processor.NowNs);

    /// <summary>Has workers see what was left for them; on this thread where they have none of their own.</summary>
    private void Notify()
    {
        Array.ForEach(_live, ports => ports.Wake());
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
}
