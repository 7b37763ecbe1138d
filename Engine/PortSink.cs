using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine;

/// <summary>Sends what the pipeline has decided by ports, and tells an observer.</summary>
/// <remarks>Thread: that of the pipeline.</remarks>
internal sealed class PortSink(Dictionary<int, IPacketPort> adapters, int frameCapacity) : IFrameSink
{
    // A frame that a port has taken is the port's; the observer, which is told then, reads a copy.
    private byte[] _copy = [];

    /// <summary>Is told of every packet's fate; null when nobody wants to know.</summary>
    public IPacketObserver? Observer
    {
        get;
        set
        {
            field = value;
            _copy = value is null || _copy.Length > 0 ? _copy : new byte[PacketPool.Headroom + frameCapacity];
        }
    }

    /// <inheritdoc/>
    public bool WantsReports => Observer is not null;

    /// <inheritdoc/>
    public bool MayLeaveReportsOut => true;

    /// <inheritdoc/>
    // Super-frames never come this way: they take the long one.
    public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress) =>
        adapters.TryGetValue(egress, out IPacketPort? adapter) ? adapter.Transmit(pool, frames) : 0;

    /// <inheritdoc/>
    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        if (!adapters.TryGetValue(report.Egress, out IPacketPort? adapter))
        {
            return false;
        }

        if (Observer is not { } observer)
        {
            return Send(pool, frame, adapter);
        }

        int length = frame.Length;
        pool.Frame(frame).CopyTo(_copy);
        if (!Send(pool, frame, adapter))
        {
            return false;
        }

        observer.OnPacket(report, _copy.AsSpan(0, length));
        return true;
    }

    /// <inheritdoc/>
    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        Observer?.OnPacket(report, pool.Frame(frame));

    /// <summary>False for a frame that a port will never take: a super-frame that cannot be cut.</summary>
    public static bool CanSend(PacketPool pool, in FrameDescriptor frame, IPacketPort adapter) =>
        frame.SegmentSize == 0 || adapter.TakesSuperFrames || SuperFrameCutter.CanCut(pool, frame);

    /// <summary>Sends a frame by a port, in segments where the port takes no super-frames.</summary>
    /// <returns>False when the port did not take it.</returns>
    public static bool Send(PacketPool pool, in FrameDescriptor frame, IPacketPort adapter) =>
        frame.SegmentSize == 0 || adapter.TakesSuperFrames
            ? adapter.Transmit(pool, new ReadOnlySpan<FrameDescriptor>(in frame)) == 1
            : SuperFrameCutter.TransmitCut(pool, frame, adapter);
}
