// SAFETY: The kernel reads as many bytes of the mask as it is told, which is the length of the array; the marshaller
// pins the array while it does.
using System.Runtime.InteropServices;

namespace VxlanEngine;

/// <summary>Ties threads to processor cores.</summary>
internal static partial class CoreAffinity
{
    private const int MaskWords = 16;

    /// <summary>Lets the calling thread run on one core only.</summary>
    /// <param name="core">The core's number, from 0.</param>
    /// <returns>False where the system has no such core for this process, or is not Linux.</returns>
    public static bool TryPin(int core)
    {
        if (!OperatingSystem.IsLinux() || (uint)core >= MaskWords * 64)
        {
            return false;
        }

        ulong[] mask = new ulong[MaskWords];
        mask[core / 64] = 1UL << (core % 64);
        return SetAffinity(0, MaskWords * sizeof(ulong), mask) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAffinity(int thread, nint length, [In] ulong[] mask);
}
