// SAFETY: The calls take numbers and one pointer to a local, which the kernel reads during the call only.
using System.Runtime.InteropServices;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>Some system calls.</summary>
internal static unsafe class Linux
{
    /// <summary>Stops a process until it is told to go on (signal(7)).</summary>
    public const int SigStop = 19;

    /// <summary>Lets a stopped process go on.</summary>
    public const int SigCont = 18;

    /// <summary>Asks a process to end.</summary>
    public const int SigTerm = 15;

    /// <summary>Ends a process.</summary>
    public const int SigKill = 9;

    // prctl(2).
    private const int SetHugePagesDisabled = 41;

    /// <summary>Has this process use no huge pages for memory that it asks for from now on (prctl(2)).</summary>
    public static void UseSmallPages()
    {
        if (Control(SetHugePagesDisabled, 1, 0, 0, 0) != 0)
        {
            throw new ComparisonException($"prctl: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Keeps the calling thread on one processor, of the first 64.</summary>
    public static void StayOn(int processor)
    {
        ulong mask = 1UL << processor;
        if (SetAffinity(0, sizeof(ulong), &mask) != 0)
        {
            throw new ComparisonException($"sched_setaffinity: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Sends a signal to a process; one that is gone does not mind.</summary>
    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    [DllImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static extern int SetAffinity(int thread, nuint length, ulong* mask);

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static extern int Control(int option, nuint value, nuint second, nuint third, nuint fourth);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}
