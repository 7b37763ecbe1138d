using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>Writes headers one behind the other, never beyond the end it was given.</summary>
/// <remarks>A write that does not fit changes nothing and leaves the writer where it was.</remarks>
public ref struct PacketWriter
{
    private readonly int _end;
    private Span<byte> _rest;

    /// <summary>Starts to write at <paramref name="offset"/>.</summary>
    /// <param name="buffer">The bytes; <see cref="Offset"/> counts from the first of them.</param>
    /// <param name="offset">Where to start; outside of the buffer nothing fits.</param>
    public PacketWriter(Span<byte> buffer, int offset = 0)
    {
        _rest = (uint)offset <= (uint)buffer.Length ? buffer[offset..] : default;
        _end = buffer.Length;
    }

    /// <summary>Offset of the next byte, from the start of the buffer.</summary>
    public readonly int Offset => _end - _rest.Length;

    /// <summary>Number of bytes not yet written.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>Writes a header and moves behind it.</summary>
    /// <returns>False when it does not fit.</returns>
    public bool TryWrite<T>(in T header)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryWrite(_rest, in header))
        {
            return false;
        }

        _rest = _rest[LengthOf(in header)..];
        return true;
    }

    /// <summary>Writes <paramref name="bytes"/> and moves behind them.</summary>
    /// <returns>False when they do not fit.</returns>
    public bool TryWrite(scoped ReadOnlySpan<byte> bytes)
    {
        if (!bytes.TryCopyTo(_rest))
        {
            return false;
        }

        _rest = _rest[bytes.Length..];
        return true;
    }

    /// <summary>The length of a header on the wire, a constant to the compiler.</summary>
    internal static int LengthOf<T>(in T header)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header)).Length;
}
