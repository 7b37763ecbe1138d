using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What became of one frame that was sent to a switch, its copies included.</summary>
internal sealed class BenchOutcome(Fate[] fates)
{
    public IReadOnlyList<Fate> Fates => fates;

    /// <summary>What the frame itself came to; a copy that a mirror made came before it.</summary>
    public Fate Own => Assert.Single(fates, f => f.Origin == FrameOrigin.Received);

    public bool FlowHit => Own.FlowHit;

    public string? DecidedBy => Own.DecidedBy;

    public IReadOnlyList<string> Decisions => Own.Decisions;

    /// <summary>The frame as it left, for tests that read a field of it.</summary>
    public byte[] Frame
    {
        get
        {
            Assert.Equal(Verdict.Forwarded, Own.Verdict);
            return Own.Frame;
        }
    }

    /// <summary>Checks that the frame left through one port, and nothing else did.</summary>
    public BenchOutcome AssertLeft(string port, FrameBuilder expected) => AssertLeft(port, expected.Build());

    /// <inheritdoc cref="AssertLeft(string, FrameBuilder)"/>
    public BenchOutcome AssertLeft(string port, byte[] expected)
    {
        AssertForwarded(port);
        Assert.Equal(Hex.Text(expected), Hex.Text(Own.Frame));
        return this;
    }

    /// <summary>Checks that the frame left through one port, whatever its bytes are.</summary>
    public BenchOutcome AssertForwarded(string port)
    {
        Fate fate = Assert.Single(fates);
        Assert.Equal(Verdict.Forwarded, fate.Verdict);
        Assert.Equal(port, fate.Port);
        Assert.Equal(FrameOrigin.Received, fate.Origin);
        return this;
    }

    /// <summary>Checks that the frame was dropped, and by which rule or default.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="by">The rule or default.</param>
    /// <param name="told">The port through which the sender was told of it; null for nobody.</param>
    public BenchOutcome AssertDropped(DropReason reason, string? by = null, string? told = null)
    {
        Assert.Equal(
            told is null ? [] : [(told, FrameOrigin.Answer)],
            fates.Where(f => f.Port is not null).Select(f => (f.Port!, f.Origin)));
        Fate fate = Assert.Single(fates, f => f.Port is null);
        Assert.Equal((Verdict)reason, fate.Verdict);
        Assert.Null(fate.Port);
        if (by is not null)
        {
            Assert.Equal(by, fate.DecidedBy);
        }

        return this;
    }
}
