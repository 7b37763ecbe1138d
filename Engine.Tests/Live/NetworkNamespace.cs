using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VxlanEngine.Ports;

namespace VxlanEngine.Tests.Live;

/// <summary>Runs code inside a network namespace: sockets that it opens stay there.</summary>
internal static class NetworkNamespace
{
    private const int CloneNewNet = 0x4000_0000;

    /// <summary>Runs a function on a thread of its own, which is in the namespace and stays on one core.</summary>
    /// <param name="name">Name of the namespace.</param>
    /// <param name="function">The function; what it throws is thrown on.</param>
    public static T Run<T>(string name, Func<T> function)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter(name);

                // Frames that are sent from one core do not overtake each other.
                CoreAffinity.TryPin(0);
                result = function();
            }
#pragma warning disable CA1031 // Every failure is the caller's.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null
            ? result!
            : throw new InvalidOperationException($"In namespace {name}: {failure.Message}", failure);
    }

    private static void Enter(string name)
    {
        using SafeFileHandle handle = File.OpenHandle($"/run/netns/{name}");
        if (SetNamespace(handle, CloneNewNet) != 0)
        {
            var error = new Win32Exception(Marshal.GetLastPInvokeError());
            throw new PortOpenException($"Namespace {name}: {error.Message}");
        }
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNamespace(SafeFileHandle handle, int kind);
}
