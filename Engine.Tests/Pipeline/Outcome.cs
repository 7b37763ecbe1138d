using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What became of one frame that a bench was given.</summary>
/// <param name="Frames">The frames that left, in order.</param>
/// <param name="Retired">The fates that the sink was told of besides.</param>
/// <param name="Change">What the counters gained.</param>
internal sealed record Outcome(
    IReadOnlyList<OverlayBench.Sent> Frames, IReadOnlyList<Verdict> Retired, OverlayBench.Tally Change)
{
    /// <summary>Asserts that one frame left, where and how it should, and nothing else happened.</summary>
    public byte[] Left(string port, byte[]? expected = null)
    {
        Assert.Empty(Retired.Select(v => $"{v.Kind} {v.Drop}"));
        OverlayBench.Sent frame = Assert.Single(Frames);
        Assert.Equal(port, frame.Port);
        Assert.Equal(FrameOrigin.Received, frame.Origin);
        Assert.Equal(0, Change.Generated);
        if (expected is not null)
        {
            Assert.Equal(Hex.Text(expected), Hex.Text(frame.Bytes));
        }

        return frame.Bytes;
    }

    /// <summary>
    /// Asserts that copies left through ports, each as often as it is named, and nothing else happened.
    /// </summary>
    public void LeftAsCopies(params string[] ports)
    {
        Assert.Empty(Retired.Select(v => $"{v.Kind} {v.Drop}"));
        Assert.Equal(ports.Order(StringComparer.Ordinal), Frames.Select(f => f.Port).Order(StringComparer.Ordinal));
        Assert.Equal(ports.Length - 1, Change.Generated);
        Assert.Equal(1, Frames.Count(f => f.Origin == FrameOrigin.Received));
    }

    /// <summary>Asserts that the frame was dropped for one reason, counted once, and nothing left.</summary>
    public void DroppedFor(DropReason reason)
    {
        Assert.Empty(Frames.Select(f => $"left through {f.Port}"));
        Verdict verdict = Assert.Single(Retired);
        Assert.Equal((VerdictKind.Drop, reason), (verdict.Kind, verdict.Drop));
        Assert.Equal(new Dictionary<DropReason, long> { [reason] = 1 }, Change.Drops);
        Assert.Equal(0, Change.Generated);
    }

    /// <summary>Asserts that the frame was dropped for one reason, and its sender told by one frame.</summary>
    /// <returns>That frame.</returns>
    public byte[] DroppedAndTold(DropReason reason, string port, byte[]? expected = null)
    {
        OverlayBench.Sent error = Assert.Single(Frames);
        Assert.Equal((port, FrameOrigin.Answer), (error.Port, error.Origin));
        Verdict verdict = Assert.Single(Retired);
        Assert.Equal((VerdictKind.Drop, reason), (verdict.Kind, verdict.Drop));
        Assert.Equal(new Dictionary<DropReason, long> { [reason] = 1 }, Change.Drops);
        Assert.Equal(1, Change.Generated);
        if (expected is not null)
        {
            Assert.Equal(Hex.Text(expected), Hex.Text(error.Bytes));
        }

        return error.Bytes;
    }

    /// <summary>Asserts that the frame left in fragments through one port, and nothing else happened.</summary>
    public byte[][] LeftInFragments(string port, int count)
    {
        Assert.Empty(Retired.Select(v => $"{v.Kind} {v.Drop}"));
        FrameOrigin[] origins = [FrameOrigin.Received, .. Enumerable.Repeat(FrameOrigin.Fragment, count - 1)];
        Assert.Equal(origins.Select(o => (port, o)), Frames.Select(f => (f.Port, f.Origin)));
        Assert.Equal(count - 1, Change.Generated);
        return [.. Frames.Select(f => f.Bytes)];
    }

    /// <summary>Asserts that the frame was handed to the control plane.</summary>
    public void PuntedFor(PuntReason reason)
    {
        Assert.Empty(Frames);
        Assert.Equal(reason, Assert.Single(Retired).Punt);
        Assert.Equal((1, 0), (Change.Punted, Change.Generated));
    }

    /// <summary>Asserts that the frame was a question and one answer went back.</summary>
    public byte[] Answered(string port, byte[]? expected = null)
    {
        OverlayBench.Sent answer = Assert.Single(Frames);
        Assert.Equal((port, FrameOrigin.Answer), (answer.Port, answer.Origin));
        Assert.Equal(VerdictKind.Consume, Assert.Single(Retired).Kind);
        Assert.Equal((1, 1), (Change.Consumed, Change.Generated));
        if (expected is not null)
        {
            Assert.Equal(Hex.Text(expected), Hex.Text(answer.Bytes));
        }

        return answer.Bytes;
    }

    /// <summary>Asserts that the frame was used up without an answer.</summary>
    public void UsedUp()
    {
        Assert.Empty(Frames);
        Assert.Equal(VerdictKind.Consume, Assert.Single(Retired).Kind);
        Assert.Equal((1, 0), (Change.Consumed, Change.Generated));
    }
}
