using VxlanEngine.Packets;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Ports.Wrappers;

/// <summary>A port that writes what passes, both ways, to a capture: <c>tee,file=a.pcapng:raw:eth0</c>.</summary>
/// <remarks>
/// <para>Each packet has its direction: inbound is to the switch. What the inner port does not take is not written.
/// Super-frames are written whole, with the checksum that they have.</para>
/// <para>A disk that fails ends the writing, never the traffic: <see cref="WrappedPort.Notice"/> says so, and
/// <see cref="Unwritten"/> counts from there. Files are written by the switch's thread, through a buffer that
/// <see cref="Maintain"/> empties; so a slow disk slows the switch. Allocates nothing but where a file begins.</para>
/// </remarks>
public sealed class TeePort : WrappedPort
{
    private readonly TeeOptions _options;
    private readonly Func<string, Stream> _create;
    private CaptureWriter? _writer;
    private byte[] _copy = [];
    private string? _failure;

    private TeePort(ILivePort inner, TeeOptions options, Func<string, Stream> create)
        : base("tee", inner)
    {
        _options = options;
        _create = create;
    }

    /// <summary>Packets written, in all files.</summary>
    public long Written { get; private set; }

    /// <summary>Packets that passed and could not be written.</summary>
    public long Unwritten { get; private set; }

    /// <inheritdoc/>
    public override string? Notice => _failure ?? Inner.Notice;

    /// <inheritdoc/>
    public override string? Summary =>
        Summarize(string.Create(null, $"{Name}: {Written} written to {_options.File}, {Unwritten} not written"));

    /// <summary>Wraps a port and begins the file.</summary>
    /// <param name="inner">The port, which is disposed with this one.</param>
    /// <param name="options">Where to write.</param>
    /// <exception cref="PortOpenException">The file cannot be made; the inner port stays open.</exception>
    public static TeePort Open(ILivePort inner, TeeOptions options) => Open(inner, options, CreateFile);

    /// <inheritdoc cref="Open(ILivePort, TeeOptions)"/>
    /// <param name="inner">The port, which is disposed with this one.</param>
    /// <param name="options">Where to write.</param>
    /// <param name="create">Makes a file, or replaces one.</param>
    internal static TeePort Open(ILivePort inner, TeeOptions options, Func<string, Stream> create)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.File, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.RotateAt, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Keep, 1, nameof(options));
        var port = new TeePort(inner, options, create);
        try
        {
            port.Begin();
            return port;
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            throw new PortOpenException($"{port.Name}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = Inner.Receive(pool, burst);
        foreach (ref readonly FrameDescriptor frame in burst[..count])
        {
            Write(pool.Frame(frame), frame.TimeNs, PacketDirection.Inbound);
        }

        return count;
    }

    /// <inheritdoc/>
    public override int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        long timeNs = WallClock.NowNs();
        for (int i = 0; i < burst.Length; i++)
        {
            // Whether the port takes the frame is known when the bytes are the port's; so a copy is written.
            int length = burst[i].Length;
            if (length > _copy.Length)
            {
                _copy = new byte[Math.Max(length, PacketPool.Headroom + pool.FrameCapacity)];
            }

            pool.Frame(burst[i]).CopyTo(_copy);
            if (Inner.Transmit(pool, burst.Slice(i, 1)) == 0)
            {
                return i;
            }

            Write(_copy.AsSpan(0, length), timeNs, PacketDirection.Outbound);
        }

        return burst.Length;
    }

    /// <inheritdoc/>
    public override bool Maintain()
    {
        try
        {
            _writer?.Flush();
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            Fail(e);
        }

        return Inner.Maintain();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            Close();
        }

        base.Dispose(isDisposing);
    }

    private static FileStream CreateFile(string path) =>
        new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);

    private static bool IsDiskFailure(Exception e) =>
        e is IOException or UnauthorizedAccessException or NotSupportedException;

    private void Write(ReadOnlySpan<byte> bytes, long timeNs, PacketDirection direction)
    {
        if (_writer is null)
        {
            Unwritten++;
            return;
        }

        try
        {
            int length = Math.Min(bytes.Length, CaptureWriter.MaximumPacketLength);
            _writer.Write(
                0, timeNs, bytes[..length], bytes.Length, new PacketAnnotations { Direction = direction });
            Written++;
            if (_options.RotateAt > 0 && _writer.Length >= _options.RotateAt)
            {
                Rotate(_writer);
            }
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            Fail(e);
        }
    }

    private void Begin()
    {
        CaptureWriter writer = CaptureWriter.Create(_create(_options.File), CaptureFormat.Pcapng);
        _writer = writer;
        writer.AddInterface(Inner.Name, LinkType.Ethernet);
        writer.Flush();
    }

    private void Rotate(CaptureWriter writer)
    {
        writer.Dispose();
        for (int i = _options.Keep - 1; i > 0; i--)
        {
            string older = FileName(i - 1);
            if (File.Exists(older))
            {
                File.Move(older, FileName(i), overwrite: true);
            }
        }

        Begin();
    }

    private string FileName(int age)
    {
        string file = _options.File;
        return age == 0
            ? file
            : Path.ChangeExtension(file, string.Create(null, $"{age}{Path.GetExtension(file)}"));
    }

    private void Fail(Exception e)
    {
        _failure = $"{Name}: {e.Message} What passes is not written any more.";
        Close();
    }

    private void Close()
    {
        CaptureWriter? writer = _writer;
        _writer = null;
        try
        {
            writer?.Dispose();
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            _failure ??= $"{Name}: {e.Message}";
        }
    }
}
