// SAFETY: Owns one zeroed allocation, made in the constructor and freed once, by the handle's release. A mapping is a
// huge page longer than what was asked for, rounded up to huge pages; so the first boundary of one in it, which First
// is, has the whole of that behind it, and that is also what the kernel is advised of. TryGrow stays inside the room
// that was asked for, and Populate touches no byte behind the size.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VxlanEngine.Packets;

/// <summary>Zeroed native memory; a large one lies in huge pages where the system has them to give.</summary>
/// <remarks>
/// Tables and buffers are visited at random, and a processor keeps few addresses of small pages in mind. The system
/// gives a page its memory when it is first written, so that room which is never used costs none.
/// </remarks>
internal sealed unsafe partial class NativeAllocation : SafeHandleZeroOrMinusOneIsInvalid
{
    private const nuint HugePage = 2 << 20;
    private const nuint SmallestPage = 4096;
    private const nuint Alignment = 128;

    // <sys/mman.h> on Linux.
    private const int ReadWrite = 0x1 | 0x2;
    private const int PrivateAnonymous = 0x02 | 0x20;
    private const int NoReserve = 0x4000;
    private const int AdviseHugePage = 14;
    private const int AdviseNotNeeded = 4;

    private readonly nuint _room;
    private readonly nuint _mapped;
    private nuint _size;

    /// <summary>Reserves memory.</summary>
    /// <param name="size">Bytes, at least 1.</param>
    /// <param name="room">Bytes that it may grow to in its place; then it begins with a page, on Linux.</param>
    /// <exception cref="InvalidOperationException">The system has no such room.</exception>
    public NativeAllocation(nuint size, nuint room = 0)
        : base(ownsHandle: true)
    {
        _size = size;
        _room = Math.Max(size, room);
        if (!OperatingSystem.IsLinux() || (room == 0 && size < HugePage / 2))
        {
            SetHandle((nint)NativeMemory.AllocZeroed(checked(_room + Alignment)));
            First = (byte*)RoundUp((nuint)handle, Alignment);
            return;
        }

        nuint rounded = RoundUp(_room, HugePage);
        _mapped = checked(rounded + HugePage);
        SetHandle(Map(0, _mapped, ReadWrite, PrivateAnonymous | (room > size ? NoReserve : 0), -1, 0));
        if (IsInvalid)
        {
            throw new InvalidOperationException($"The system does not give {size} bytes.");
        }

        // Advice only: where huge pages are switched off, small ones do.
        First = (byte*)RoundUp((nuint)handle, HugePage);
        _ = Advise((nint)First, rounded, AdviseHugePage);
    }

    /// <summary>The first byte, at the start of a cache line.</summary>
    public byte* First { get; }

    /// <summary>Makes the memory longer, in its place.</summary>
    /// <returns>False when there is no room for so many bytes.</returns>
    public bool TryGrow(nuint size)
    {
        if (size > _room)
        {
            return false;
        }

        _size = Math.Max(_size, size);
        return true;
    }

    /// <summary>Has the system give every page its memory now, so that nobody waits for it later.</summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public void Populate()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        for (nuint offset = 0; offset < _size; offset += SmallestPage)
        {
            Touch(First + offset);
        }

        Touch(First + _size - 1);

        static void Touch(byte* at) => Volatile.Write(ref *at, Volatile.Read(ref *at));
    }

    /// <summary>Gives a huge page's memory back, where it is one; it reads as zero from then on.</summary>
    /// <param name="end">Bytes from the first one to the page's end; what ends elsewhere is kept.</param>
    public void GiveBackBefore(nuint end)
    {
        if (_mapped != 0 && end != 0 && end % HugePage == 0 && end <= _mapped - HugePage)
        {
            _ = Advise((nint)(First + end - HugePage), HugePage, AdviseNotNeeded);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        if (_mapped != 0)
        {
            return Unmap(handle, _mapped) == 0;
        }

        NativeMemory.Free((void*)handle);
        return true;
    }

    private static nuint RoundUp(nuint value, nuint unit) => checked(value + unit - 1) & ~(unit - 1);

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
