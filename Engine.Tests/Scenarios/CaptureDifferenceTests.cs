using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Scenarios;

public sealed class CaptureDifferenceTests
{
    [Fact]
    public void Equal_captures_have_none() => Assert.Null(CaptureDifference.Describe(Capture("a", 1), Capture("a", 1)));

    [Fact]
    public void A_byte_that_differs_is_shown_with_its_row_and_comment() =>
        Assert.Equal(
            """
            Packet 2 differs.
              expected 20 bytes on web at 6 ns: a
              found    20 bytes on web at 6 ns: a
              0010 - 01 00 00 00
              0010 + 02 00 00 00

            """,
            CaptureDifference.Describe(Capture("a", 1), Capture("a", 2)));

    [Fact]
    public void A_comment_that_differs_is_a_difference() =>
        Assert.Contains(
            "20 bytes on web at 5 ns: b",
            CaptureDifference.Describe(Capture("a", 1), Capture("b", 1)),
            StringComparison.Ordinal);

    [Fact]
    public void A_packet_that_is_missing_is_said() =>
        Assert.StartsWith(
            "Packet 2 differs (2 packets expected, 1 found).\n"
            + "  expected 20 bytes on web at 6 ns: a\n  found    nothing",
            CaptureDifference.Describe(Capture("a", 1), Capture("a", null)),
            StringComparison.Ordinal);

    [Fact]
    public void A_difference_outside_the_packets_is_said() =>
        Assert.Contains(
            "The 2 packets are equal",
            CaptureDifference.Describe(Capture("a", 1), Capture("a", 1, packetId: 7)),
            StringComparison.Ordinal);

    private static byte[] Capture(string comment, byte? last, ulong packetId = 1)
    {
        using var stream = new MemoryStream();
        using (CaptureWriter writer = CaptureWriter.Create(stream, CaptureFormat.Pcapng))
        {
            writer.AddInterface("web", LinkType.Ethernet);
            byte[] frame = new byte[20];
            var annotations = new PacketAnnotations
            {
                Comment = System.Text.Encoding.UTF8.GetBytes(comment),
                PacketId = packetId,
            };
            writer.Write(0, 5, frame, frame.Length, annotations);
            if (last is byte value)
            {
                frame[16] = value;
                writer.Write(0, 6, frame, frame.Length, annotations);
            }
        }

        return stream.ToArray();
    }
}
