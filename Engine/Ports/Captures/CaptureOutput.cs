using System.Buffers.Binary;

namespace VxlanEngine.Ports.Captures;

/// <summary>Gathers little-endian fields and bytes for a stream in one array.</summary>
internal sealed class CaptureOutput(Stream stream, int bufferLength)
{
    private readonly byte[] _buffer = new byte[bufferLength];
    private int _length;
    private long _writtenOut;

    public Stream Stream { get; } = stream;

    /// <summary>Bytes gathered since the beginning.</summary>
    public long Total => _writtenOut + _length;

    /// <summary>Appends <paramref name="count"/> bytes for the caller to set; no more than the buffer holds.</summary>
    public Span<byte> Append(int count)
    {
        if (count > _buffer.Length - _length)
        {
            WriteOut();
        }

        Span<byte> appended = _buffer.AsSpan(_length, count);
        _length += count;
        return appended;
    }

    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Append(2), value);

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Append(4), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Append(8), value);

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= _buffer.Length - _length)
        {
            bytes.CopyTo(_buffer.AsSpan(_length));
            _length += bytes.Length;
            return;
        }

        WriteOut();
        if (bytes.Length > _buffer.Length)
        {
            _writtenOut += bytes.Length;
            Stream.Write(bytes);
            return;
        }

        bytes.CopyTo(_buffer);
        _length = bytes.Length;
    }

    /// <summary>Appends bytes and zeros up to a multiple of 4.</summary>
    public void PaddedBytes(ReadOnlySpan<byte> bytes)
    {
        Bytes(bytes);
        Append(PcapngOptions.Padded(bytes.Length) - bytes.Length).Clear();
    }

    /// <summary>Hands what is gathered to the stream, which may keep it for a while.</summary>
    public void WriteOut()
    {
        // Forgotten first: after a failing write, disposing of the writer must not write a second time.
        int length = _length;
        _length = 0;
        _writtenOut += length;
        Stream.Write(_buffer, 0, length);
    }
}
