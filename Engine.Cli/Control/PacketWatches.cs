using VxlanEngine.Pipeline;

namespace VxlanEngine.Cli.Control;

/// <summary>Everybody who watches the packets of a switch; while nobody does, packets go the short way.</summary>
/// <remarks>
/// Thread: the session's, but <see cref="OnPacket"/>, which workers call, several at a time. They wait for each other
/// then, and only then.
/// </remarks>
internal sealed class PacketWatches(ISwitchRunner runner) : IPacketObserver
{
    private readonly Lock _lock = new();
    private readonly List<PacketWatch> _watches = [];

    /// <summary>Begins to tell somebody.</summary>
    public void Add(PacketWatch watch)
    {
        lock (_lock)
        {
            _watches.Add(watch);
        }

        runner.Observer = this;
    }

    /// <summary>Tells somebody no more.</summary>
    public void Remove(PacketWatch watch)
    {
        lock (_lock)
        {
            _watches.Remove(watch);
        }

        runner.Observer = _watches.Count > 0 ? this : null;
    }

    /// <summary>Tells nobody no more.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _watches.ForEach(w => w.End());
            _watches.Clear();
        }

        runner.Observer = null;
    }

    /// <inheritdoc/>
    public void OnPacket(PacketReport report, ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            foreach (PacketWatch watch in _watches)
            {
                watch.OnPacket(report, frame, runner.PortName);
            }
        }
    }
}
