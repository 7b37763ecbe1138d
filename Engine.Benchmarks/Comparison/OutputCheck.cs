using System.Buffers.Binary;
using VxlanEngine.Benchmarks.Mutation;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>Whether a frame is what the work should have made of it, read with nothing of the engine's.</summary>
internal static class OutputCheck
{
    /// <summary>Frames of a cell that are looked at.</summary>
    public const int SampleLength = 256;

    private const string OuterMacs = "02AA0000000202AA00000001";
    private const string OuterAddresses = "AC1F0001AC1F0002";
    private const int Overhead = FlowFrames.OverheadLength;

    /// <summary>Looks at all frames that came and left, and at whether flows stay apart.</summary>
    /// <exception cref="ComparisonException">A frame is wrong; says what came and what left.</exception>
    public static void Check(Cell cell, IEnumerable<(byte[] Came, byte[] Left)> sample)
    {
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((byte[] came, byte[] left) in sample)
        {
            if (FindFault(cell.Work, came, left) is { } fault)
            {
                throw new ComparisonException(
                    $"{cell.Name}: {fault}\ncame {Convert.ToHexString(came)}\nleft {Convert.ToHexString(left)}");
            }

            // Both packets of a flow must leave with one source, and no other flow's with the same.
            if (cell.Work is Workload.StaticNat or Workload.DynamicNat)
            {
                string flow = Convert.ToHexString(came, 26, 12);
                string source = Convert.ToHexString(left, 26 + FlowFrames.OverheadLength, 12);
                if (!sources.TryAdd(source, flow) && sources[source] != flow)
                {
                    throw new ComparisonException($"{cell.Name}: two flows leave as {source}");
                }
            }
        }

        if (sources.Values.Distinct(StringComparer.Ordinal).Count() != sources.Count)
        {
            throw new ComparisonException($"{cell.Name}: packets of one flow leave as several");
        }
    }

    /// <summary>Compares a frame that left with the one that came.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? FindFault(Workload work, ReadOnlySpan<byte> came, ReadOnlySpan<byte> left)
    {
        if (work == Workload.Decap)
        {
            return left.SequenceEqual(came[Overhead..]) ? null : "the inner frame has changed";
        }

        return left.Length != came.Length + Overhead ? $"{left.Length} bytes instead of {came.Length + Overhead}"
            : FindOuterFault(left) ?? (work is Workload.StaticNat or Workload.DynamicNat
                ? FindTranslationFault(work, came, left[Overhead..])
                : left[Overhead..].SequenceEqual(came) ? null : "the inner frame has changed");
    }

    private static string? FindOuterFault(ReadOnlySpan<byte> frame)
    {
        int packet = frame.Length - 14;
        return !IsHex(frame[..12], OuterMacs) ? "wrong outer stations"
            : Read(frame, 12) != 0x0800 || frame[14] != 0x45 ? "the outer header is not IPv4"
            : Read(frame, 16) != packet ? "wrong outer length"
            : Read(frame, 20) != 0x4000 || frame[22] != 64 || frame[23] != 17 ? "wrong outer flags, TTL or protocol"
            : PlainChecksums.IsHeaderRight(frame) != true ? "wrong outer checksum"
            : !IsHex(frame.Slice(26, 8), OuterAddresses) ? "wrong VTEPs"
            : Read(frame, 34) < 49152 || Read(frame, 36) != 4789 ? "wrong outer ports"
            : Read(frame, 38) != packet - 20 || Read(frame, 40) != 0 ? "wrong UDP length or checksum"
            : !IsHex(frame.Slice(42, 8), "0800000000002A00") ? "wrong VXLAN header"
            : null;
    }

    private static string? FindTranslationFault(Workload work, ReadOnlySpan<byte> came, ReadOnlySpan<byte> left)
    {
        int host = left[29];
        bool isOfThePool = IsHex(left.Slice(26, 3), "C0A809") && host is >= 9 and <= 20;
        int port = Read(left, 34);
        return !isOfThePool ? "the source is not translated"
            : work == Workload.StaticNat && port != Read(came, 34) ? "the port has changed"
            : port < 1024 ? "the port is not of the pool"
            : PlainChecksums.IsHeaderRight(left) != true ? "wrong IP checksum after translation"
            : PlainChecksums.IsTransportRight(left) != true ? "wrong UDP checksum after translation"
            : !IsTheRestEqual(came, left) ? "more has changed than translation changes"
            : null;
    }

    // All but the IP checksum and source, the source port and the UDP checksum.
    private static bool IsTheRestEqual(ReadOnlySpan<byte> came, ReadOnlySpan<byte> left) =>
        came[..24].SequenceEqual(left[..24])
        && came[30..34].SequenceEqual(left[30..34])
        && came[36..40].SequenceEqual(left[36..40])
        && came[42..].SequenceEqual(left[42..]);

    private static bool IsHex(ReadOnlySpan<byte> bytes, string hex) => Convert.ToHexString(bytes) == hex;

    private static int Read(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
}
