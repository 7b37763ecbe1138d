namespace VxlanEngine.Ports.Xdp;

/// <summary>The one XDP program of an interface, for the ports that each serve a queue of it.</summary>
/// <remarks>
/// Each port attaches and leaves on its own, when it sees that the interface came or went: the first attaches the
/// program, and the last one takes it off. Thread: any.
/// </remarks>
/// <param name="entries">One more than the highest queue that may be redirected.</param>
internal sealed class SharedXdpProgram(int entries)
{
    private readonly Lock _lock = new();
    private XdpProgram? _program;
    private int _index;
    private int _users;

    /// <summary>Has the program on an interface, as <see cref="XdpProgram.Attach"/> puts it there.</summary>
    /// <exception cref="PortOpenException">No permission, or another program is there.</exception>
    public Use Attach(string name, string device, int index, ReadOnlySpan<XdpMode> modes)
    {
        lock (_lock)
        {
            if (_program is null || _index != index)
            {
                // Whoever has not yet seen that the interface is another one keeps the old program until then.
                (_program, _index, _users) = (XdpProgram.Attach(name, device, index, entries, modes), index, 0);
            }

            _users++;
            return new Use(this, _program);
        }
    }

    private Use Keep(XdpProgram program)
    {
        lock (_lock)
        {
            _users += program == _program ? 1 : 0;
            return new Use(this, program);
        }
    }

    private void Leave(XdpProgram program)
    {
        lock (_lock)
        {
            if (program == _program && --_users > 0)
            {
                return;
            }

            // An old one is on no interface any more: that its descriptors are closed twice does no harm.
            program.Dispose();
            _program = program == _program ? null : _program;
        }
    }

    /// <summary>One port's use of the program.</summary>
    internal sealed class Use(SharedXdpProgram shared, XdpProgram program) : IDisposable
    {
        private bool _isOver;

        /// <summary>The program.</summary>
        public XdpProgram Program => program;

        /// <summary>Another use of the program, which stays on its interface as long as one of them lasts.</summary>
        public Use Keep() => shared.Keep(program);

        /// <inheritdoc/>
        public void Dispose()
        {
            if (!_isOver)
            {
                _isOver = true;
                shared.Leave(program);
            }
        }
    }
}
