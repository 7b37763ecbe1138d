using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>Reads headers one behind the other, never beyond the end it was given.</summary>
/// <remarks>A read that does not fit leaves the reader where it was.</remarks>
public ref struct PacketReader
{
    private ReadOnlySpan<byte> _rest;
    private int _end;

    /// <summary>Starts to read at <paramref name="offset"/>.</summary>
    /// <param name="buffer">The bytes; <see cref="Offset"/> counts from the first of them.</param>
    /// <param name="offset">Where to start; outside of the buffer there is nothing to read.</param>
    public PacketReader(ReadOnlySpan<byte> buffer, int offset = 0)
    {
        _rest = (uint)offset <= (uint)buffer.Length ? buffer[offset..] : default;
        _end = buffer.Length;
    }

    /// <summary>Offset of the next byte, from the start of the buffer.</summary>
    public readonly int Offset => _end - _rest.Length;

    /// <summary>Number of bytes not yet read.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>The bytes not yet read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Copies the next header out and moves behind it.</summary>
    /// <returns>False when it does not fit; <paramref name="header"/> is then the default.</returns>
    public bool TryRead<T>(out T header)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(_rest, out header))
        {
            return false;
        }

        _rest = _rest[PacketWriter.LengthOf(in header)..];
        return true;
    }

    /// <summary>Moves over <paramref name="length"/> bytes.</summary>
    /// <returns>False when there are fewer, or the length is negative.</returns>
    public bool TrySkip(int length)
    {
        if ((uint)length > (uint)_rest.Length)
        {
            return false;
        }

        _rest = _rest[length..];
        return true;
    }

    /// <summary>Lets the reader end <paramref name="length"/> bytes from here.</summary>
    /// <returns>False when there are fewer bytes, or the length is negative.</returns>
    public bool TryLimit(int length)
    {
        if ((uint)length > (uint)_rest.Length)
        {
            return false;
        }

        _end -= _rest.Length - length;
        _rest = _rest[..length];
        return true;
    }
}
