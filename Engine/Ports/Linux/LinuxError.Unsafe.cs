// SAFETY: Only reads the error number that the last call left, and its text; no memory is touched.
using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Linux;

/// <summary>Error numbers of system calls, and what to say of them.</summary>
internal static class LinuxError
{
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoSuchDeviceOrAddress = 6;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int AlreadyExists = 17;
    public const int NoSuchDevice = 19;
    public const int Invalid = 22;
    public const int BadDescriptorState = 77;
    public const int MessageTooLong = 90;
    public const int NotSupported = 95;
    public const int AddressNotAvailable = 99;
    public const int NetworkDown = 100;
    public const int NoBuffers = 105;

    /// <summary>The error of the last system call of this thread.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>What the system says of an error.</summary>
    public static string Text(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>True when the device cannot take frames now, and may again later without being opened anew.</summary>
    public static bool IsFull(int error) => error is TryAgain or NoBuffers or Interrupted;

    /// <summary>True when the device is down or gone.</summary>
    public static bool IsDeviceLost(int error) =>
        error is NetworkDown or NoSuchDevice or NoSuchDeviceOrAddress or BadDescriptorState or InputOutput;

    /// <summary>The exception for a port that cannot be opened.</summary>
    /// <param name="port">Name of the port.</param>
    /// <param name="what">What was tried: <c>open a packet socket</c>.</param>
    /// <param name="error">The error.</param>
    /// <param name="capability">What the remedy against a refusal is: <c>CAP_NET_RAW</c>.</param>
    public static PortOpenException Exception(string port, string what, int error, string capability) =>
        error is NotPermitted or AccessDenied
            ? new PortOpenException(
                $"{port}: no permission to {what}: run as root, or give the program {capability} (setcap(8)).")
            : new PortOpenException($"{port}: cannot {what}: {Text(error)}.");
}
