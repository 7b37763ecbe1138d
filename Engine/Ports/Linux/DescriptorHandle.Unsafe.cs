// SAFETY: The handle owns one file descriptor, which it closes once; whoever passes it to a system call keeps it open
// for the length of the call.
using Microsoft.Win32.SafeHandles;

namespace VxlanEngine.Ports.Linux;

/// <summary>An open file descriptor.</summary>
internal sealed class DescriptorHandle : SafeHandleMinusOneIsInvalid
{
    /// <summary>Makes an invalid handle, for interop to fill.</summary>
    public DescriptorHandle()
        : base(ownsHandle: true)
    {
    }

    /// <summary>The number of the descriptor, valid while the handle is not disposed; −1 when it is invalid.</summary>
    public int Number => IsInvalid || IsClosed ? -1 : (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Native.close((int)handle) == 0;
}
