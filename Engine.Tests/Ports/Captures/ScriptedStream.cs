namespace VxlanEngine.Tests.Ports.Captures;

/// <summary>A stream that cannot seek, ask for its length, or be written to: a pipe, for a reader.</summary>
internal abstract class ScriptedStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Hands out an array a few bytes at a time: 1, 2 … 7, 1, 2 …</summary>
internal sealed class DribblingStream(byte[] bytes) : ScriptedStream
{
    private int _position;
    private int _chunk;

    public override int Read(byte[] buffer, int offset, int count)
    {
        _chunk = (_chunk % 7) + 1;
        int length = Math.Min(Math.Min(_chunk, count), bytes.Length - _position);
        bytes.AsSpan(_position, length).CopyTo(buffer.AsSpan(offset));
        _position += length;
        return length;
    }
}

/// <summary>A head, then one array again and again: a file of any length without its memory.</summary>
internal sealed class RepeatingStream(byte[] head, byte[] repeated, long times) : ScriptedStream
{
    private byte[] _source = head;
    private int _position;
    private long _left = times;

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_position == _source.Length)
        {
            if (_left-- <= 0)
            {
                return 0;
            }

            _source = repeated;
            _position = 0;
        }

        int length = Math.Min(count, _source.Length - _position);
        Buffer.BlockCopy(_source, _position, buffer, offset, length);
        _position += length;
        return length;
    }
}

/// <summary>Fails with an I/O error after some bytes.</summary>
internal sealed class FailingStream(byte[] bytes) : ScriptedStream
{
    private int _position;

    public override int Read(byte[] buffer, int offset, int count)
    {
        int length = Math.Min(count, bytes.Length - _position);
        if (length == 0)
        {
            throw new IOException("the disk is gone");
        }

        bytes.AsSpan(_position, length).CopyTo(buffer.AsSpan(offset));
        _position += length;
        return length;
    }
}
