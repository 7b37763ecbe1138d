using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine;

/// <summary>What a worker sleeps on: its ports' descriptors, and others who have something for it.</summary>
/// <remarks>
/// A worker says that it sleeps before it looks a last time for something to do; whoever brings it something looks
/// whether it sleeps afterwards. One of the two sees the other, so nothing waits for the end of a sleep. Thread: one
/// sleeps, any rings.
/// </remarks>
internal sealed class Doorbell : IDisposable
{
    private readonly PortWaiter? _waiter = OperatingSystem.IsLinux() ? new PortWaiter() : null;
    private int _isAsleep;

    /// <summary>Wakes also when frames wait at a port; called again when it has got another descriptor.</summary>
    public void Add(ILivePort port) => _waiter?.Add(port);

    /// <summary>Sleeps, unless there is something to do.</summary>
    /// <param name="milliseconds">The longest time.</param>
    /// <param name="hasWork">Whether there is something to do.</param>
    /// <returns>False when a descriptor has an error.</returns>
    public bool Sleep(int milliseconds, Func<bool> hasWork)
    {
        Interlocked.Exchange(ref _isAsleep, 1);
        bool isWell = true;
        if (!hasWork())
        {
            if (_waiter is not null)
            {
                isWell = _waiter.Wait(milliseconds) != WaitResult.Error;
            }
            else
            {
                // One that only Linux could wake looks often.
                Thread.Sleep(Math.Min(milliseconds, 1));
            }
        }

        Volatile.Write(ref _isAsleep, 0);
        return isWell;
    }

    /// <summary>Wakes the sleeper, if there is one. Thread: any.</summary>
    public void Ring()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAsleep) != 0)
        {
            _waiter?.Wake();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _waiter?.Dispose();
}
