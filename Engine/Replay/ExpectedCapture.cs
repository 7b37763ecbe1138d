using System.Globalization;
using System.Text;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>Compares the frames that leave with those of a capture, in order: what a test expects.</summary>
/// <remarks>
/// A frame is as expected when bytes and time are equal, and the port is the interface's name; classic pcap has no
/// names, so there the port does not count. Times are compared as exactly as the capture keeps them. After frames that
/// are missing or too many, up to 31 at a time, the comparison finds its way again.
/// Memory is constant. Thread: one.
/// </remarks>
public sealed class ExpectedCapture
{
    private const int Window = 32;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly CaptureReader _reader;
    private readonly bool _comparesComments;
    private readonly int _maximumMismatches;
    private readonly List<HeldFrame> _expected = [];
    private readonly List<HeldFrame> _actual = [];
    private readonly Stack<HeldFrame> _free = new();
    private readonly List<FrameMismatch> _mismatches = [];
    private long _expectedCount;
    private long _actualCount;
    private bool _hasEnded;

    /// <summary>Starts before the first frame.</summary>
    /// <param name="reader">The capture; whoever opened it disposes it.</param>
    /// <param name="comparesComments">Whether comments count. Classic pcap has none.</param>
    /// <param name="maximumMismatches">How many of the differences are kept in words.</param>
    public ExpectedCapture(CaptureReader reader, bool comparesComments = false, int maximumMismatches = 10)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _reader = reader;
        _comparesComments = comparesComments && reader.Format == CaptureFormat.Pcapng;
        _maximumMismatches = maximumMismatches;
    }

    /// <summary>The capture's name.</summary>
    public string Name => _reader.Name;

    /// <summary>Frames that were as expected.</summary>
    public long Matched { get; private set; }

    /// <summary>Frames that were missing, not expected, or different; final after <see cref="Finish"/>.</summary>
    public long Mismatched { get; private set; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<FrameMismatch> Mismatches => _mismatches;

    /// <summary>Why the capture could not be read to its end; null when it could.</summary>
    /// <remarks>Frames that leave after that are not compared.</remarks>
    public IOException? Fault { get; private set; }

    /// <summary>Compares the next frame that leaves.</summary>
    /// <param name="port">Name of the port it leaves through.</param>
    /// <param name="timeNs">Nanoseconds since 1970 UTC; captures hold no time before that.</param>
    /// <param name="frame">Its bytes.</param>
    /// <param name="comment">Its comment in UTF-8.</param>
    public void Check(string port, long timeNs, ReadOnlySpan<byte> frame, ReadOnlySpan<byte> comment)
    {
        HeldFrame held = Take();
        held.Number = ++_actualCount;
        held.Port = port;
        held.TimeNs = Math.Max(timeNs, 0);
        held.Fill(frame, comment);
        _actual.Add(held);
        CompareHeads(Window);
    }

    /// <summary>Says that no more frames leave: what is still expected is missing.</summary>
    public void Finish()
    {
        CompareHeads(1);
        while (Fault is null && (_expected.Count > 0 || TryReadExpected()))
        {
            Note(FrameMismatchKind.Missing, _expected[0], []);
            Drop(_expected, 1);
        }
    }

    /// <summary>Compares while the heads are equal, or enough frames are held to tell how they differ.</summary>
    private void CompareHeads(int enough)
    {
        while (_actual.Count > 0 && Fault is null)
        {
            bool hasExpected = _expected.Count > 0 || TryReadExpected();
            if (hasExpected && AreEqual(_expected[0], _actual[0]))
            {
                Matched++;
                Drop(_expected, 1);
                Drop(_actual, 1);
            }
            else if (_actual.Count >= enough)
            {
                SettleHeads(hasExpected);
            }
            else
            {
                break;
            }
        }

        if (Fault is not null)
        {
            Drop(_actual, _actual.Count);
        }
    }

    private void SettleHeads(bool hasExpected)
    {
        while (_expected.Count < Window && TryReadExpected())
        {
        }

        // The nearest place where both go on alike tells which frames are missing or too many.
        for (int distance = 1; hasExpected && distance < Window; distance++)
        {
            if (distance < _expected.Count && AreEqual(_expected[distance], _actual[0]))
            {
                NoteAll(FrameMismatchKind.Missing, _expected, distance);
                return;
            }

            if (distance < _actual.Count && AreEqual(_expected[0], _actual[distance]))
            {
                NoteAll(FrameMismatchKind.Unexpected, _actual, distance);
                return;
            }
        }

        if (!hasExpected)
        {
            NoteAll(FrameMismatchKind.Unexpected, _actual, 1);
            return;
        }

        Note(FrameMismatchKind.Different, _expected[0], Changes(_expected[0], _actual[0]));
        Drop(_expected, 1);
        Drop(_actual, 1);
    }

    private void NoteAll(FrameMismatchKind kind, List<HeldFrame> frames, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Note(kind, frames[i], []);
        }

        Drop(frames, count);
    }

    private void Note(FrameMismatchKind kind, HeldFrame frame, List<FieldChange> changes)
    {
        Mismatched++;
        if (_mismatches.Count < _maximumMismatches)
        {
            string conversation = OpenedFrame.Open(frame.Bytes).Conversation();
            _mismatches.Add(
                new FrameMismatch(kind, frame.Number, frame.Port, frame.Bytes.Length, conversation, changes));
        }
    }

    private bool AreEqual(HeldFrame expected, HeldFrame actual) =>
        expected.Bytes.SequenceEqual(actual.Bytes)
        && HasEqualTime(expected, actual)
        && HasEqualPort(expected, actual)
        && HasEqualComment(expected, actual);

    private static bool HasEqualTime(HeldFrame expected, HeldFrame actual) =>
        expected.TimeNs is null || Math.Abs(expected.TimeNs.Value - actual.TimeNs!.Value) < expected.TickNs;

    private static bool HasEqualPort(HeldFrame expected, HeldFrame actual) =>
        expected.Port is null || string.Equals(expected.Port, actual.Port, StringComparison.Ordinal);

    private bool HasEqualComment(HeldFrame expected, HeldFrame actual) =>
        !_comparesComments || expected.Comment.SequenceEqual(actual.Comment);

    private List<FieldChange> Changes(HeldFrame expected, HeldFrame actual)
    {
        var changes = new List<FieldChange>();
        if (!HasEqualPort(expected, actual))
        {
            changes.Add(new FieldChange("port", expected.Port!, actual.Port!));
        }

        if (!HasEqualTime(expected, actual))
        {
            changes.Add(new FieldChange("time", Seconds(expected.TimeNs!.Value), Seconds(actual.TimeNs!.Value)));
        }

        if (!HasEqualComment(expected, actual))
        {
            changes.Add(new FieldChange("comment", Quoted(expected.Comment), Quoted(actual.Comment)));
        }

        if (!expected.Bytes.SequenceEqual(actual.Bytes))
        {
            changes.AddRange(FrameFields.Compare(
                expected.Bytes,
                OpenedFrame.Open(expected.Bytes),
                actual.Bytes,
                OpenedFrame.Open(actual.Bytes)));
        }

        return changes;
    }

    private bool TryReadExpected()
    {
        try
        {
            if (_hasEnded || Fault is not null || !_reader.TryRead(out CapturedPacket packet))
            {
                _hasEnded = true;
                return false;
            }

            Hold(packet);
            return true;
        }
        catch (IOException e)
        {
            Fault = e;
            return false;
        }
    }

    private void Hold(in CapturedPacket packet)
    {
        CaptureInterface source = _reader.Interfaces[packet.InterfaceIndex];
        HeldFrame held = Take();
        held.Number = ++_expectedCount;
        held.Port = _reader.Format == CaptureFormat.Pcapng ? source.Name ?? string.Empty : null;
        held.TimeNs = packet.HasTimestamp ? packet.TimestampNs : null;
        held.TickNs = (long)Math.Clamp(
            NanosecondsPerSecond / Math.Max(source.TimestampResolution, 1ul), 1ul, NanosecondsPerSecond);
        held.Fill(packet.Data, packet.Comment);
        _expected.Add(held);
    }

    private HeldFrame Take() => _free.TryPop(out HeldFrame? held) ? held : new HeldFrame();

    private void Drop(List<HeldFrame> frames, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _free.Push(frames[i]);
        }

        frames.RemoveRange(0, count);
    }

    private static string Seconds(long timeNs) => string.Create(
        CultureInfo.InvariantCulture, $"{timeNs / NanosecondsPerSecond}.{timeNs % NanosecondsPerSecond:d9}");

    private static string Quoted(ReadOnlySpan<byte> comment) => $"'{Encoding.UTF8.GetString(comment)}'";
}
