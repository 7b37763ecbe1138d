using VxlanEngine.Pipeline;

namespace VxlanEngine.Cli.Control;

/// <summary>Everybody who watches the packets of a switch; while nobody does, packets go the short way.</summary>
/// <remarks>Thread: the switch's.</remarks>
internal sealed class PacketWatches(VirtualSwitch vswitch) : IPacketObserver
{
    private readonly List<PacketWatch> _watches = [];

    /// <summary>Begins to tell somebody.</summary>
    public void Add(PacketWatch watch)
    {
        _watches.Add(watch);
        vswitch.Observer = this;
    }

    /// <summary>Tells somebody no more.</summary>
    public void Remove(PacketWatch watch)
    {
        _watches.Remove(watch);
        vswitch.Observer = _watches.Count > 0 ? this : null;
    }

    /// <summary>Tells nobody no more.</summary>
    public void Clear()
    {
        _watches.ForEach(w => w.End());
        _watches.Clear();
        vswitch.Observer = null;
    }

    /// <inheritdoc/>
    public void OnPacket(PacketReport report, ReadOnlySpan<byte> frame)
    {
        foreach (PacketWatch watch in _watches)
        {
            watch.OnPacket(report, frame, vswitch.PortName);
        }
    }
}
