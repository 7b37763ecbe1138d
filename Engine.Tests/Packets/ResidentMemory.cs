using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VxlanEngine.Tests.Packets;

/// <summary>What the system has given this process of memory that it reserved, by /proc on Linux.</summary>
internal static class ResidentMemory
{
    /// <summary>Kilobytes given of the mapping that holds some bytes.</summary>
    public static long KilobytesAround(ReadOnlySpan<byte> bytes)
    {
        nint address = Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(bytes));
        bool isThere = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (isThere && words[0] == "Rss:")
            {
                return long.Parse(words[1], CultureInfo.InvariantCulture);
            }

            string[] ends = words[0].Split('-');
            isThere = ends.Length == 2 ? Address(ends[0]) <= address && address < Address(ends[1]) : isThere;
        }

        throw new InvalidOperationException("No mapping holds the bytes.");

        static nint Address(string text) =>
            nint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
