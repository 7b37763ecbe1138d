using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VxlanEngine.Tests.Live;

/// <summary>XDP programs and the links that hold them at interfaces, in whatever namespace. See bpf(2).</summary>
internal static class BpfObjects
{
    private const int ProgramNextId = 11;
    private const int ProgramById = 13;
    private const int LinkById = 30;
    private const int LinkNextId = 31;
    private const int AttributesLength = 12;

    private static readonly long CallNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;

    /// <summary>All of them, by what they are; none where the caller may not ask.</summary>
    public static IEnumerable<string> Xdp() =>
        Find("XDP program", ProgramNextId, ProgramById, "prog_type:\t6\n")
            .Concat(Find("XDP link", LinkNextId, LinkById, "link_type:\txdp\n"));

    private static IEnumerable<string> Find(string what, int nextId, int byId, string mark)
    {
        byte[] attributes = new byte[AttributesLength];
        uint id = 0;
        while (true)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(attributes, id);
            if (Bpf(CallNumber, nextId, attributes, AttributesLength) < 0)
            {
                yield break;
            }

            id = BinaryPrimitives.ReadUInt32LittleEndian(attributes.AsSpan(4));
            if (Describe(byId, id).Contains(mark, StringComparison.Ordinal))
            {
                yield return $"{what} {id}";
            }
        }
    }

    private static string Describe(int byId, uint id)
    {
        byte[] attributes = new byte[AttributesLength];
        BinaryPrimitives.WriteUInt32LittleEndian(attributes, id);
        long descriptor = Bpf(CallNumber, byId, attributes, AttributesLength);
        if (descriptor < 0)
        {
            return string.Empty;
        }

        using var handle = new SafeFileHandle((nint)descriptor, ownsHandle: true);
        return File.ReadAllText($"/proc/self/fdinfo/{descriptor}");
    }

    [DllImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long Bpf(long number, int command, [In, Out] byte[] attributes, uint length);
}
