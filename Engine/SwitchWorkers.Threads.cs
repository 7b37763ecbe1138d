using VxlanEngine.Pipeline;
using VxlanEngine.Ports;

namespace VxlanEngine;

/// <content>The workers' threads: how they begin, run, sleep and end.</content>
public sealed partial class SwitchWorkers
{
    /// <summary>Starts the workers, or lets them receive again after <see cref="Drain"/>.</summary>
    /// <exception cref="InvalidOperationException">A worker has failed.</exception>
    public void Start()
    {
        ThrowIfFailed();
        SetPhase(WorkerPhase.Running);
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

        SetPhase(WorkerPhase.Draining);
        WaitUntil(IsQuiet);
    }

    /// <summary>
    /// Drains the workers and ends their threads. Frames that a port of one queue has not taken by then are dropped.
    /// </summary>
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
            FlushRest();
        }
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

        FlushAll();

        return isBusy;
    }

    private void SetPhase(WorkerPhase phase)
    {
        _phase = phase;
        Array.ForEach(_live, ports => ports.Wake());
    }

    private void FlushAll()
    {
        for (int i = 0; i < _live.Length; i++)
        {
            _live[i].Flush(_workers[i].Core.Pool);
        }
    }

    // What one worker has given another to send is with that one, once threads have ended. What no port takes in time
    // was counted as sent, and is a drop instead.
    private void FlushRest()
    {
        long began = Environment.TickCount64;
        bool isDone = false;
        while (!isDone && Environment.TickCount64 - began < LongestFlush.TotalMilliseconds)
        {
            FlushAll();
            isDone = _live.All(ports => ports.IsFlushed);
            Thread.Sleep(isDone ? 0 : 1);
        }

        for (int i = 0; i < _live.Length; i++)
        {
            _live[i].Abandon(_workers[i].Core.Pool);
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

            if (_live.Length > 0)
            {
                RunLive(_workers[number], _live[number]);
            }
            else
            {
                RunWorker(_workers[number]);
            }
        }
        catch (Exception e)
        {
            // A worker without its fellows would strand their frames: all of them end, and Stop tells why.
            _failure = e;
            SetPhase(WorkerPhase.Stopped);
        }
    }

    private void RunLive(Worker worker, WorkerPorts ports)
    {
        LoopClock loop = _loops[worker.Number];
        WorkerPhase phase = _phase;
        Func<bool> hasWork = () => worker.HasWork() || _phase != phase;
        int bursts = 0;
        for (; phase != WorkerPhase.Stopped && _failure is null; phase = _phase)
        {
            long began = loop.Now;
            worker.CrossBoundary(phase);
            bool isBusy = worker.RunOnce(phase == WorkerPhase.Running);
            if (!isBusy && _clock is not null)
            {
                worker.Core.Processor.Tick(WallClock.NowNs(_clock), IdleSweep);
            }

            // A flush takes a burst from each lane of a shared queue: one for each burst that goes in.
            bool isDue = !worker.HasFullBurst || ports.HasSharedQueues || worker.Core.Pool.IsScarce;
            if (isDue || ++bursts == Worker.BurstsInTurn)
            {
                bursts = 0;
                ports.Flush(worker.Core.Pool);
            }

            loop.Looked(began, isBusy);
            if (!isBusy)
            {
                ports.Wait(worker.Core.Processor, _clock, hasWork);
                loop.Woke();
            }
        }

        worker.CrossBoundary(WorkerPhase.Stopped);
    }

    private void RunWorker(Worker worker)
    {
        LoopClock loop = _loops[worker.Number];
        var wait = default(SpinWait);
        for (WorkerPhase phase = _phase; phase != WorkerPhase.Stopped && _failure is null; phase = _phase)
        {
            long began = loop.Now;
            worker.CrossBoundary(phase);
            bool isBusy = worker.RunOnce(phase == WorkerPhase.Running);
            loop.Looked(began, isBusy);
            if (isBusy)
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
        SetPhase(WorkerPhase.Stopped);
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
