// SAFETY: Owns one private anonymous mapping, made in the constructor and unmapped once, in Dispose. Buffers are
// whole pages, and before and behind each lies a page without access: the kernel enforces the bounds.
using System.Runtime.InteropServices;
using VxlanEngine.Packets;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>Packet buffers between pages that fault when touched. Linux only.</summary>
internal sealed unsafe class GuardedMemory : IDisposable
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly nuint _length;
    private readonly int _stride;
    private readonly int _bufferLength;
    private readonly int _count;
    private byte* _start;

    /// <summary>Maps the buffers.</summary>
    /// <param name="count">Number of buffers.</param>
    /// <param name="minimumLength">Bytes of each, rounded up to pages.</param>
    public GuardedMemory(int count, int minimumLength)
    {
        int page = Environment.SystemPageSize;
        _count = count;
        _bufferLength = (minimumLength + page - 1) / page * page;
        _stride = _bufferLength + page;
        _length = (nuint)(page + ((long)count * _stride));
        nint mapped = Map(0, _length, 0, PrivateAnonymous, -1, 0);
        if (mapped == -1)
        {
            throw new IOException($"mmap of {_length} bytes: error {Marshal.GetLastPInvokeError()}");
        }

        _start = (byte*)mapped;
        for (int i = 0; i < count; i++)
        {
            if (Protect((nint)(_start + page + ((nint)i * _stride)), (nuint)_bufferLength, ReadWrite) != 0)
            {
                throw new IOException($"mprotect: error {Marshal.GetLastPInvokeError()}");
            }
        }
    }

    /// <summary>Makes a pool of the buffers; it must not outlive them.</summary>
    /// <param name="placement">At which page the frames lie.</param>
    public PacketPool Pool(FramePlacement placement) =>
        new(_start + Environment.SystemPageSize, _count, _stride, _bufferLength, placement);

    /// <summary>Reads the byte behind a buffer, which ends the process.</summary>
    public byte ReadBehind(int buffer) =>
        _start[Environment.SystemPageSize + ((nint)buffer * _stride) + _bufferLength];

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start is not null)
        {
            _ = Unmap((nint)_start, _length);
            _start = null;
        }
    }

    // No source generator: what it writes would stand outside of this file.
    [DllImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static extern nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [DllImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static extern int Protect(nint address, nuint length, int protection);

    [DllImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static extern int Unmap(nint address, nuint length);
}
