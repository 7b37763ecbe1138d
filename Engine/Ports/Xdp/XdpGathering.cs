using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>Frames that wait for others of their flow, and then leave by a packet socket, as super-frames.</summary>
/// <remarks>
/// A flow that has but one frame here leaves by the AF_XDP socket's ring. A flow keeps its order: nothing leaves by the
/// packet socket while earlier frames are in the ring, nor by the ring while they wait for the packet socket. Thread:
/// the port's. Allocates nothing once made.
/// </remarks>
/// <param name="device">Where super-frames leave.</param>
internal sealed class XdpGathering(IFrameDevice device) : IDisposable
{
    private readonly TransmitQueue _waiting = new();
    private readonly FlowGroups _groups = new();
    private readonly FrameSender _sender = new(
        device, OffloadMessage.GatheringVectors, OffloadMessage.GatheringScratch, groupsFlows: false);

    private long _abandoned;

    /// <summary>True when frames wait.</summary>
    public bool HasUnsent => _waiting.Count > 0 || _sender.HasUnsent;

    /// <summary>Super-frames, and frames, that the packet socket took.</summary>
    public long Sent => _sender.Sent;

    /// <summary>Frames that were refused or given up.</summary>
    public long Unsent => _sender.Unsent + _abandoned;

    /// <summary>Takes a frame.</summary>
    /// <returns>False when there is no room; it stays the caller's.</returns>
    public bool TryTake(in FrameDescriptor frame) => _waiting.Add(new ReadOnlySpan<FrameDescriptor>(in frame)) == 1;

    /// <summary>Divides what waits between the ring and the packet socket, as far as there is room.</summary>
    /// <param name="pool">Where the frames are.</param>
    /// <param name="ring">The AF_XDP socket.</param>
    public void Divide(PacketPool pool, XdpSocket ring)
    {
        bool isRingBusy = ring.HasUnsent;
        bool isSenderBusy = _sender.HasUnsent;
        _groups.Arrange(pool, _waiting, 0);
        bool hasRoom = true;
        int taken = 0;
        for (int i = 0; i < _groups.Count && hasRoom; i++)
        {
            bool isByRing = isRingBusy || (_groups.LengthOf(i) == 1 && !isSenderBusy);
            for (int left = _groups.LengthOf(i); left > 0 && hasRoom; left--)
            {
                ref readonly FrameDescriptor frame = ref _waiting[taken];
                hasRoom = isByRing
                    ? ring.TryWrite(pool, frame)
                    : _sender.Take(pool, new ReadOnlySpan<FrameDescriptor>(in frame)) == 1;
                taken += hasRoom ? 1 : 0;
            }
        }

        _waiting.Forget(taken);
    }

    /// <summary>Sends what is the packet socket's.</summary>
    public void Send(PacketPool pool) => _sender.Flush(pool);

    /// <summary>Gives up what waits.</summary>
    public void Abandon(PacketPool pool)
    {
        _abandoned += _waiting.Count;
        _waiting.Release(pool, _waiting.Count);
        _sender.Abandon(pool);
    }

    /// <summary>Forgets what waits in a pool that is gone.</summary>
    public void Forget()
    {
        _abandoned += _waiting.Count;
        _waiting.Forget(_waiting.Count);
        _sender.Forget();
    }

    /// <inheritdoc/>
    public void Dispose() => _sender.Dispose();
}
