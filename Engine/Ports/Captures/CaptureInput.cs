namespace VxlanEngine.Ports.Captures;

/// <summary>A window over a stream: one array, filled in big blocks, with the unread bytes in one piece.</summary>
/// <remarks>
/// <code>
/// buffer: |--- read before ---|--- available ---|--- free ---|
///                             ^ Position        ^ end
/// </code>
/// The stream is only asked for more when more is needed, so that a pipe's packets come out as they arrive, and the
/// array only grows when the bytes to hold have come, so that a false length costs no memory.
/// </remarks>
internal sealed class CaptureInput(Stream stream, string name, int bufferLength)
{
    private byte[] _buffer = new byte[bufferLength];
    private int _end;
    private long _bufferOffset;
    private bool _isAtEnd;

    public string Name { get; } = name;

    public Stream Stream { get; } = stream;

    public byte[] Buffer => _buffer;

    /// <summary>Index of the next byte in <see cref="Buffer"/>.</summary>
    public int Position { get; private set; }

    public int Available => _end - Position;

    /// <summary>Bytes of the stream before <see cref="Position"/>.</summary>
    public long Offset => _bufferOffset + Position;

    /// <summary>Makes bytes available; all may move. False when the stream ends before.</summary>
    public bool TryFill(int count) => _end - Position >= count || TryReadMore(count);

    /// <summary>The next bytes, which <see cref="TryFill"/> has made available.</summary>
    public ReadOnlySpan<byte> Peek(int count) => _buffer.AsSpan(Position, count);

    /// <summary>Goes past bytes that are available.</summary>
    public void Advance(int count) => Position += count;

    /// <summary>Goes past bytes without holding them. False when the stream ends before.</summary>
    public bool TrySkip(long count)
    {
        while (count > Available)
        {
            count -= Available;
            Position = _end;
            if (!TryReadMore(1))
            {
                return false;
            }
        }

        Position += (int)count;
        return true;
    }

    public CaptureFormatException Fault(long offset, string fault) => new(Name, offset, fault);

    /// <summary>Says that the file ends inside what begins at the current position.</summary>
    public CaptureFormatException Cut(string what, long expected) => Fault(
        Offset,
        string.Create(null, $"the file ends inside {what}: {expected} bytes expected, {Available} present"));

    private bool TryReadMore(int count)
    {
        Compact();
        while (_end < count)
        {
            if (_isAtEnd)
            {
                return false;
            }

            if (_end == _buffer.Length)
            {
                Array.Resize(ref _buffer, (int)Math.Min(count, 2L * _buffer.Length));
            }

            int read = Stream.Read(_buffer, _end, _buffer.Length - _end);
            _isAtEnd = read == 0;
            _end += read;
        }

        return true;
    }

    private void Compact()
    {
        int available = Available;
        _buffer.AsSpan(Position, available).CopyTo(_buffer);
        _bufferOffset += Position;
        Position = 0;
        _end = available;
    }
}
