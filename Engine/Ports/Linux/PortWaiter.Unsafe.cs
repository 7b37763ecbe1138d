// SAFETY: The waiter owns the descriptors of its epoll instance and its event counter, closed once, in Dispose. Each
// call passes structures on the stack, which the kernel reads or writes inside their bytes.
namespace VxlanEngine.Ports.Linux;

/// <summary>Sleeps until one of several descriptors is ready, or until it is woken.</summary>
/// <remarks>
/// Ports' sockets are named anew for each sleep, up to a number: as long as one is known to an epoll instance, the
/// kernel wakes that for each frame that comes in or has been sent, also while nobody sleeps, which costs more than a
/// busy switch needs to decide the frame. Thread: one waits, any may wake it. See epoll(7), poll(2), eventfd(2).
/// </remarks>
internal sealed unsafe class PortWaiter : IDisposable
{
    private const int MostNamed = 16;

    private readonly DescriptorHandle _epoll = Native.epoll_create1(Native.EfdCloexec);
    private readonly DescriptorHandle _wake = Native.eventfd(0, Native.EfdNonblock | Native.EfdCloexec);
    private readonly List<ILivePort> _named = new(MostNamed);

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

    /// <summary>Waits for a port too; called again when the port has got another descriptor.</summary>
    public void Add(ILivePort port)
    {
        int descriptor = port.PollDescriptor;
        if (descriptor < 0 || _named.Contains(port))
        {
            return;
        }

        if (_named.Count < MostNamed && IsSocket(descriptor))
        {
            _named.Add(port);
        }
        else
        {
            Add(descriptor);
        }
    }

    /// <summary>Sleeps.</summary>
    /// <param name="milliseconds">The longest time.</param>
    /// <returns>What ended it.</returns>
    public WaitResult Wait(int milliseconds)
    {
        if (_named.Count == 0)
        {
            return WaitForOthers(milliseconds);
        }

        Native.pollfd* all = stackalloc Native.pollfd[MostNamed + 1];
        int count = _named.Count + 1;
        all[0] = new Native.pollfd { fd = _epoll.Number, events = Native.PollIn };
        for (int i = 1; i < count; i++)
        {
            // A port that has no descriptor now has a negative number, which the kernel passes over.
            all[i] = new Native.pollfd { fd = _named[i - 1].PollDescriptor, events = Native.PollIn };
        }

        if (Native.poll(all, (nuint)count, milliseconds) <= 0)
        {
            return WaitResult.TimedOut;
        }

        bool hasError = all[0].revents != 0 && WaitForOthers(0) == WaitResult.Error;
        for (int i = 1; i < count; i++)
        {
            hasError |= (all[i].revents & ~Native.PollIn) != 0;
        }

        return hasError ? WaitResult.Error : WaitResult.Ready;
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

    private static bool IsSocket(int descriptor)
    {
        int type;
        uint length = sizeof(int);
        return Native.getsockopt(descriptor, Native.SolSocket, Native.SoType, &type, &length) == 0;
    }

    private WaitResult WaitForOthers(int milliseconds)
    {
        Native.epoll_event ready;
        if (Native.epoll_wait(_epoll, &ready, 1, milliseconds) <= 0)
        {
            return WaitResult.TimedOut;
        }

        return (ready.events & ~Native.EpollIn) == 0 ? WaitResult.Ready : WaitResult.Error;
    }

    private void Add(int descriptor, uint events)
    {
        var change = new Native.epoll_event { events = events };
        Native.epoll_ctl(_epoll, Native.EpollCtlAdd, descriptor, &change);
    }
}
