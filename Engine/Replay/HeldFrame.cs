namespace VxlanEngine.Replay;

/// <summary>A frame that waits to be compared; its buffers are used again.</summary>
internal sealed class HeldFrame
{
    private byte[] _bytes = [];
    private byte[] _comment = [];
    private int _length;
    private int _commentLength;

    /// <summary>Its number, from 1.</summary>
    public long Number { get; set; }

    /// <summary>The port it leaves through; null where nobody says.</summary>
    public string? Port { get; set; }

    /// <summary>Its time; null where nobody says.</summary>
    public long? TimeNs { get; set; }

    /// <summary>Nanoseconds from which on times differ: the clock's tick in the capture.</summary>
    public long TickNs { get; set; } = 1;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public ReadOnlySpan<byte> Comment => _comment.AsSpan(0, _commentLength);

    public void Fill(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> comment)
    {
        _length = Copy(bytes, ref _bytes);
        _commentLength = Copy(comment, ref _comment);
    }

    private static int Copy(ReadOnlySpan<byte> from, ref byte[] to)
    {
        if (to.Length < from.Length)
        {
            to = new byte[from.Length];
        }

        from.CopyTo(to);
        return from.Length;
    }
}
