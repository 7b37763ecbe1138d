using VxlanEngine.Packets;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports;

/// <summary>
/// What a live port receives, as the bytes of a capture that ends after some time or when it is told to.
/// </summary>
/// <remarks>
/// Frames are as the switch would take them, super-frames cut. Reading waits for frames. Thread: one reads,
/// <see cref="End"/> may be called from any.
/// </remarks>
public sealed class PortCapture : Stream
{
    private const int BurstLength = 32;
    private const int LongestWaitMs = 100;

    private readonly ILivePort _port;
    private readonly long _endMs;
    private readonly PacketPool _pool = new(512, 64 * 1024);
    private readonly FrameDescriptor[] _burst = new FrameDescriptor[BurstLength];
    private readonly MemoryStream _ready = new();
    private readonly CaptureWriter _writer;
    private readonly PortWaiter _waiter = new();
    private volatile bool _isEnded;

    /// <summary>Begins to listen.</summary>
    /// <param name="port">The port, which the capture disposes.</param>
    /// <param name="duration">How long to listen; null until <see cref="End"/>.</param>
    public PortCapture(ILivePort port, TimeSpan? duration)
    {
        ArgumentNullException.ThrowIfNull(port);
        _port = port;
        _endMs = duration is null ? long.MaxValue : Environment.TickCount64 + (long)duration.Value.TotalMilliseconds;
        _writer = CaptureWriter.Create(_ready, CaptureFormat.Pcapng);
        _writer.AddInterface(port.Name, LinkType.Ethernet);
        _writer.Flush();
        _ready.Position = 0;
        _waiter.Add(port);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Ends the capture behind what was received so far.</summary>
    public void End()
    {
        _isEnded = true;
        _waiter.Wake();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_ready.Position == _ready.Length)
        {
            int count = _port.Receive(_pool, _burst);
            if (count > 0)
            {
                Write(_burst.AsSpan(0, count));
                continue;
            }

            long left = _endMs - Environment.TickCount64;
            if (_isEnded || left <= 0)
            {
                return 0;
            }

            // Frames that wait inside the port make no descriptor readable.
            int wait = (int)Math.Min(left, _port.HasUnsent ? 1 : LongestWaitMs);
            if (_waiter.Wait(wait) != WaitResult.Ready && _port.Maintain())
            {
                _waiter.Add(_port);
            }
        }

        return _ready.Read(buffer);
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _port.Dispose();
            _waiter.Dispose();
            _writer.Dispose();
            _ready.Dispose();
            _pool.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Write(ReadOnlySpan<FrameDescriptor> frames)
    {
        _ready.SetLength(0);
        foreach (ref readonly FrameDescriptor frame in frames)
        {
            if (frame.SegmentSize == 0)
            {
                Write(frame);
            }
            else
            {
                WriteSegments(frame);
            }
        }

        _writer.Flush();
        _ready.Position = 0;
    }

    private void WriteSegments(in FrameDescriptor frame)
    {
        var cutter = new SuperFrameCutter();
        if (!SegmentPlan.TryCreate(_pool.Frame(frame), frame.Segment, frame.SegmentSize, -1, out SegmentPlan plan))
        {
            _pool.Return(frame);
            return;
        }

        cutter.Start(frame, plan, plan.SegmentSize);
        while (cutter.IsBusy && cutter.TryNext(_pool, out FrameDescriptor segment))
        {
            Write(segment);
        }

        cutter.Abandon(_pool);
    }

    private void Write(in FrameDescriptor frame)
    {
        ReadOnlySpan<byte> bytes = _pool.Frame(frame);
        _writer.Write(0, frame.TimeNs, bytes, bytes.Length);
        _pool.Return(frame);
    }
}
