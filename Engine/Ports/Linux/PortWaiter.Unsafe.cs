// SAFETY: The waiter owns the descriptors of its epoll instance and its event counter, closed once, in Dispose. Each
// call passes one structure on the stack, which the kernel reads or writes inside its 16 bytes.
namespace VxlanEngine.Ports.Linux;

/// <summary>Sleeps until one of several descriptors is ready, or until it is woken.</summary>
/// <remarks>Thread: one waits, any may wake it. See epoll(7), eventfd(2).</remarks>
internal sealed unsafe class PortWaiter : IDisposable
{
    private readonly DescriptorHandle _epoll = Native.epoll_create1(Native.EfdCloexec);
    private readonly DescriptorHandle _wake = Native.eventfd(0, Native.EfdNonblock | Native.EfdCloexec);

    /// <summary>Makes a waiter that nothing but <see cref="Wake"/> ends.</summary>
    /// <exception cref="PortOpenException">The system has no descriptors left.</exception>
    public PortWaiter()
    {
        if (_epoll.IsInvalid || _wake.IsInvalid)
        {
            throw LinuxError.Exception("waiting", "open descriptors to wait with", LinuxError.Last, "more descriptors");
        }

        // Every write to the counter is an edge of its own, so that nobody needs to read it.
        Add(_wake.Number, Native.EpollIn | Native.EpollEt);
    }

    /// <summary>Waits for a descriptor too. One that is closed is forgotten by itself.</summary>
    public void Add(int descriptor) => Add(descriptor, Native.EpollIn);

    /// <summary>Sleeps.</summary>
    /// <param name="milliseconds">The longest time.</param>
    /// <returns>What ended it.</returns>
    public WaitResult Wait(int milliseconds)
    {
        Native.epoll_event ready;
        if (Native.epoll_wait(_epoll, &ready, 1, milliseconds) <= 0)
        {
            return WaitResult.TimedOut;
        }

        return (ready.events & ~Native.EpollIn) == 0 ? WaitResult.Ready : WaitResult.Error;
    }

    /// <summary>Ends the sleep, or the next one.</summary>
    public void Wake()
    {
        ulong one = 1;
        Native.write(_wake, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _epoll.Dispose();
        _wake.Dispose();
    }

    private void Add(int descriptor, uint events)
    {
        var change = new Native.epoll_event { events = events };
        Native.epoll_ctl(_epoll, Native.EpollCtlAdd, descriptor, &change);
    }
}
