using System.Globalization;
using System.Text;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>Says where two captures differ first, in a way that a reader can act on.</summary>
internal static class CaptureDifference
{
    private const int RowLength = 16;

    /// <summary>Fails with the whole description of a difference, which xunit's own assertions would cut.</summary>
    public static void AssertNone(string? difference) =>
        Assert.True(string.IsNullOrEmpty(difference), difference);

    /// <summary>Describes the first difference; null when the files are equal.</summary>
    public static string? Describe(byte[] expected, byte[] actual)
    {
        if (expected.AsSpan().SequenceEqual(actual))
        {
            return null;
        }

        IReadOnlyList<CapturedFrame> expectedFrames = CapturedFrame.ReadAll(expected);
        IReadOnlyList<CapturedFrame> actualFrames = CapturedFrame.ReadAll(actual);
        return FirstFrame(expectedFrames, actualFrames)
            ?? $"The {expectedFrames.Count} packets are equal, the files differ from byte "
                + $"{expected.AsSpan().CommonPrefixLength(actual)} on: interfaces, directions or packet numbers.";
    }

    /// <summary>Describes the first pair of frames that differ; null when all are equal.</summary>
    public static string? FirstFrame(IReadOnlyList<CapturedFrame> expected, IReadOnlyList<CapturedFrame> actual)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            CapturedFrame? wanted = i < expected.Count ? expected[i] : null;
            CapturedFrame? found = i < actual.Count ? actual[i] : null;
            bool equal = wanted is not null
                && found is not null
                && (wanted.Interface, wanted.TimeNs, wanted.Comment) == (found.Interface, found.TimeNs, found.Comment)
                && wanted.Bytes.AsSpan().SequenceEqual(found.Bytes);
            if (!equal)
            {
                string counts = expected.Count == actual.Count
                    ? string.Empty
                    : $" ({expected.Count} packets expected, {actual.Count} found)";
                return $"Packet {i + 1} differs{counts}.\n  expected {Text(wanted)}\n  found    {Text(found)}\n"
                    + Rows(wanted?.Bytes ?? [], found?.Bytes ?? []);
            }
        }

        return null;
    }

    /// <summary>The rows of two frames that differ, as hexadecimal digits.</summary>
    public static string Rows(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        var text = new StringBuilder();
        for (int at = 0; at < Math.Max(expected.Length, actual.Length); at += RowLength)
        {
            ReadOnlySpan<byte> wanted = Row(expected, at);
            ReadOnlySpan<byte> found = Row(actual, at);
            if (!wanted.SequenceEqual(found))
            {
                text.Append(CultureInfo.InvariantCulture, $"  {at:x4} - {Digits(wanted)}\n");
                text.Append(CultureInfo.InvariantCulture, $"  {at:x4} + {Digits(found)}\n");
            }
        }

        return text.ToString();
    }

    private static ReadOnlySpan<byte> Row(ReadOnlySpan<byte> bytes, int at) =>
        at >= bytes.Length ? [] : bytes.Slice(at, Math.Min(RowLength, bytes.Length - at));

    private static string Digits(ReadOnlySpan<byte> row) =>
        string.Join(' ', row.ToArray().Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));

    private static string Text(CapturedFrame? frame) => frame is null
        ? "nothing"
        : $"{frame.Bytes.Length} bytes on {frame.Interface} at {frame.TimeNs} ns: {frame.Comment}";
}
