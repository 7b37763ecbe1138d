using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;
using Xunit;
using static VxlanEngine.Tests.Replay.ReplaySamples;

namespace VxlanEngine.Tests.Replay;

public sealed class ExpectedCaptureTests
{
    private const string Conversation = "tcp 10.0.1.5:40312 > 10.0.1.6:";

    [Fact]
    public void What_every_recorded_scenario_gives_is_what_is_expected_of_it()
    {
        foreach ((string name, IReadOnlyList<(string Port, byte[] Capture)> inputs) in Recordings())
        {
            using var output = new MemoryStream();
            using (var writer = CaptureWriter.Create(output, CaptureFormat.Pcapng, KeepOpen))
            {
                Replay(inputs, writer, null);
            }

            var expected = new ExpectedCapture(Reader(output.ToArray(), "out"), comparesComments: true);
            ReplayResult result = Replay(inputs, null, expected);
            Assert.True(expected.Mismatched == 0, $"{name}: {string.Join('\n', expected.Mismatches)}");
            Assert.Equal(result.Counters.Forwarded, expected.Matched);
        }
    }

    [Fact]
    public void A_flipped_byte_is_told_by_its_field() => AssertMismatches(
        frames => frames[1].Bytes[^1] ^= 0xFF,
        $"frame 2 at uplink differs: payload from byte 9 f6 → 09   in {Conversation}81");

    [Fact]
    public void A_changed_field_of_a_header_is_told_by_its_name() => AssertMismatches(
        frames => frames[0].Bytes[14 + 8] = 7,
        $"frame 1 at uplink differs: tunnel ttl 7 → 64   in {Conversation}80");

    [Fact]
    public void A_frame_that_is_missing_or_too_many_does_not_spoil_the_ones_behind()
    {
        AssertMismatches(
            frames => frames.RemoveAt(1),
            $"frame 2 at uplink of the output is not expected: 114 bytes {Conversation}81");
        AssertMismatches(
            frames => frames.Insert(1, frames[0] with { TimeNs = 5 }),
            $"frame 2 at uplink is missing: 114 bytes {Conversation}80");
        AssertMismatches(
            frames => frames.RemoveAt(2),
            $"frame 3 at uplink of the output is not expected: 114 bytes {Conversation}82");
        AssertMismatches(
            frames => frames.Add(frames[0]),
            $"frame 4 at uplink is missing: 114 bytes {Conversation}80");
    }

    [Fact]
    public void Order_counts()
    {
        ExpectedCapture expected = Expect(frames => frames.Reverse(0, 2));
        Assert.Equal(2, expected.Mismatched);
    }

    [Fact]
    public void Time_and_port_count() => AssertMismatches(
        frames => frames[2] = frames[2] with { TimeNs = 1_500_000_007, Port = "web" },
        "frame 3 at web differs: port web → uplink, time 1.500000007 → 1.000002000   in " + Conversation + "82");

    [Fact]
    public void Comments_count_only_where_asked_for()
    {
        void Edit(List<Frame> frames) => frames[0] = frames[0] with { Comment = "something else" };
        Assert.Equal(0, Expect(Edit).Mismatched);
        ExpectedCapture strict = Expect(Edit, comparesComments: true);
        Assert.Equal(1, strict.Mismatched);
        Assert.Contains(
            "comment 'something else' → 'web > uplink: ", strict.Mismatches[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.PcapNanoseconds)]
    public void Of_classic_pcap_the_port_does_not_count_and_time_as_far_as_it_is_kept(CaptureFormat format)
    {
        Assert.Equal(0, Expect(frames => frames[0] = frames[0] with { Port = "web" }, format: format).Mismatched);
        ExpectedCapture late = Expect(frames => frames[0] = frames[0] with { TimeNs = 1_000_000_999 }, format: format);
        Assert.Equal(format == CaptureFormat.Pcap ? 0 : 1, late.Mismatched);
        Assert.Equal(1, Expect(frames => frames[0].Bytes[20] ^= 1, format: format).Mismatched);
    }

    [Fact]
    public void Only_the_first_mismatches_are_kept_in_words_but_all_are_counted()
    {
        byte[][] frames = [.. Enumerable.Range(0, 200).Select(i => TcpFromWeb(1000 + i))];
        var expected = new ExpectedCapture(Reader(Pcap(0), "none"));
        Replay([("web", Pcap(0, frames))], null, expected);
        Assert.Equal(200, expected.Mismatched);
        Assert.Equal(10, expected.Mismatches.Count);
    }

    [Fact]
    public void A_damaged_capture_is_told_and_what_follows_is_not_compared()
    {
        byte[] capture = Write(Output(), CaptureFormat.PcapNanoseconds);
        var expected = new ExpectedCapture(Reader(capture[..^1], "cut"));
        Replay(Input(), null, expected);
        Assert.Equal((2, 0), (expected.Matched, expected.Mismatched));
        Assert.IsType<CaptureFormatException>(expected.Fault);
    }

    private static CaptureWriterOptions KeepOpen { get; } = new() { LeaveOpen = true };

    private sealed record Frame(string Port, long TimeNs, byte[] Bytes, string Comment);

    private static void AssertMismatches(Action<List<Frame>> edit, params string[] texts)
    {
        ExpectedCapture expected = Expect(edit);
        Assert.Equal(texts, expected.Mismatches.Select(m => m.ToString()));
        Assert.Equal(texts.Length, expected.Mismatched);
    }

    /// <summary>Compares a replay with its own output after an edit.</summary>
    private static ExpectedCapture Expect(
        Action<List<Frame>> edit, bool comparesComments = false, CaptureFormat format = CaptureFormat.Pcapng)
    {
        List<Frame> frames = Output();
        edit(frames);
        var expected = new ExpectedCapture(Reader(Write(frames, format), "out"), comparesComments);
        Replay(Input(), null, expected);
        return expected;
    }

    private static IReadOnlyList<(string Port, byte[] Capture)> Input() =>
        [("web", Pcap(0, TcpFromWeb(80), TcpFromWeb(81), TcpFromWeb(82)))];

    private static List<Frame> Output()
    {
        using var output = new MemoryStream();
        using (var writer = CaptureWriter.Create(output, CaptureFormat.Pcapng, KeepOpen))
        {
            Replay(Input(), writer, null);
        }

        var frames = new List<Frame>();
        using CaptureReader reader = Reader(output.ToArray(), "out");
        while (reader.TryRead(out CapturedPacket packet))
        {
            frames.Add(new Frame(
                reader.Interfaces[packet.InterfaceIndex].Name!,
                packet.TimestampNs,
                packet.Data.ToArray(),
                System.Text.Encoding.UTF8.GetString(packet.Comment)));
        }

        return frames;
    }

    private static byte[] Write(List<Frame> frames, CaptureFormat format)
    {
        using var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream, format))
        {
            string[] ports = format == CaptureFormat.Pcapng ? ["web", "uplink"] : ["all"];
            foreach (string port in ports)
            {
                writer.AddInterface(port, LinkType.Ethernet);
            }

            foreach (Frame frame in frames)
            {
                var annotations = new PacketAnnotations { Comment = System.Text.Encoding.UTF8.GetBytes(frame.Comment) };
                int port = Math.Max(Array.IndexOf(ports, frame.Port), 0);
                writer.Write(port, frame.TimeNs, frame.Bytes, frame.Bytes.Length, annotations);
            }
        }

        return stream.ToArray();
    }

    private static ReplayResult Replay(
        IReadOnlyList<(string Port, byte[] Capture)> inputs, CaptureWriter? output, ExpectedCapture? expected) =>
        CaptureReplay.Run(new ReplayOptions
        {
            Policy = BluePolicy,
            Inputs = [.. inputs.Select(i => ReplaySamples.Input(i.Port, i.Capture))],
            Output = output,
            Expected = expected,
        });
}
