using VxlanEngine.Packets;

namespace VxlanEngine.Ports.Linux;

/// <summary>Queues frames for a device and sends them in batches.</summary>
/// <remarks>Thread: the port's. Allocates nothing once made.</remarks>
/// <param name="device">The device.</param>
/// <param name="vectorsEach">Most parts of a message.</param>
/// <param name="scratchEach">Most bytes of a message that are not in a packet buffer.</param>
/// <param name="groupsFlows">Whether frames of one flow are put next to each other.</param>
internal sealed class FrameSender(IFrameDevice device, int vectorsEach, int scratchEach, bool groupsFlows) : IDisposable
{
    private const int BatchLength = 64;

    private readonly TransmitQueue _queue = new();
    private readonly MessageBatch _batch = new(BatchLength, vectorsEach, scratchEach);
    private readonly FlowGroups? _groups = groupsFlows ? new() : null;
    private readonly QueuePosition[] _behind = new QueuePosition[BatchLength];
    private PacketPool? _pool;
    private int _sentOfFirst;

    // Frames at the head of the queue that stand where they are to stand.
    private int _arranged;

    /// <summary>True when frames wait.</summary>
    public bool HasUnsent => _queue.Count > 0;

    /// <summary>Messages that the device took.</summary>
    public long Sent { get; private set; }

    /// <summary>Frames that it refused.</summary>
    public long Unsent { get; private set; }

    /// <summary>The error of the last frame that was refused while the device worked; 0 for none.</summary>
    public int LastError { get; private set; }

    /// <summary>Takes frames; those that find no room stay the caller's.</summary>
    /// <returns>How many were taken.</returns>
    public int Take(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames)
    {
        Enter(pool);
        int taken = _queue.Add(frames);
        if (taken < frames.Length)
        {
            Flush(pool);
            taken += _queue.Add(frames[taken..]);
        }

        return taken;
    }

    /// <summary>Sends what waits, as far as the device takes it.</summary>
    public void Flush(PacketPool pool)
    {
        // What has waited already is not overtaken by what came behind it.
        Enter(pool);
        _groups?.Arrange(pool, _queue, _arranged);
        _arranged = _queue.Count;
        while (_queue.Count > 0)
        {
            QueuePosition end = Fill(pool);
            int count = _batch.Count;
            int error = 0;
            int sent = count == 0 ? 0 : device.Send(_batch, out error);
            Sent += sent;
            if (sent == count)
            {
                Advance(pool, end);
            }
            else if (sent > 0)
            {
                Advance(pool, _behind[sent - 1]);
            }
            else if (LinuxError.IsFull(error))
            {
                return;
            }
            else
            {
                Refuse(pool, error);
            }
        }
    }

    /// <summary>Gives up what waits.</summary>
    public void Abandon(PacketPool pool)
    {
        Enter(pool);
        GiveUp(pool);
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();

    /// <summary>Gives up what waits in another pool, whose switch the port was taken from.</summary>
    private void Enter(PacketPool pool)
    {
        if (_pool != pool)
        {
            if (_pool is { IsDisposed: false })
            {
                GiveUp(_pool);
            }

            Unsent += _queue.Count;
            _queue.Forget(_queue.Count);
            (_pool, _sentOfFirst, _arranged) = (pool, 0, 0);
        }
    }

    private void GiveUp(PacketPool pool)
    {
        Unsent += _queue.Count;
        Advance(pool, new QueuePosition(_queue.Count, 0));
    }

    private QueuePosition Fill(PacketPool pool)
    {
        _batch.Clear();
        var at = new QueuePosition(0, _sentOfFirst);
        while (at.Frame < _queue.Count && !_batch.IsFull)
        {
            int count = _batch.Count;
            at = device.Fill(pool, _queue, at, _batch);
            if (_batch.Count > count)
            {
                _behind[count] = at;
            }
            else
            {
                Unsent++;
            }
        }

        return at;
    }

    private void Advance(PacketPool pool, QueuePosition to)
    {
        _queue.Release(pool, to.Frame);
        _sentOfFirst = to.Start;
        _arranged = Math.Max(_arranged - to.Frame, 0);
    }

    private void Refuse(PacketPool pool, int error)
    {
        if (LinuxError.IsDeviceLost(error))
        {
            Abandon(pool);
            device.OnLost(error);
            return;
        }

        // The first message's frames are given up, with what else would be made of them.
        LastError = error;
        QueuePosition behind = _behind[0];
        int frames = behind.Start > 0 ? behind.Frame + 1 : behind.Frame;
        Unsent += frames;
        Advance(pool, new QueuePosition(frames, 0));
    }
}
