using System.Text;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;

namespace VxlanEngine.Anonymization;

/// <summary>Replays captures and their anonymous copies side by side and tells whether they fare alike.</summary>
/// <remarks>
/// Alike means: the same frames in the same order forwarded, dropped, punted or consumed, with the same reason, by the
/// same rules, through the same ports, in the same lengths. They may not where a hash of addresses decides: which of
/// several backends, VTEPs, or pool addresses and ports a flow gets, and so whether recorded replies fit.
/// </remarks>
public static class ReplayCheck
{
    /// <summary>Replays both to their end.</summary>
    /// <param name="original">The original scenario; only policies, inputs and limits count.</param>
    /// <param name="anonymous">The anonymous one.</param>
    /// <exception cref="PolicyException">A policy has mistakes.</exception>
    public static ReplayAgreement Run(ReplayOptions original, ReplayOptions anonymous)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(anonymous);
        using var first = new Side(original);
        using var second = new Side(anonymous);
        long packets = 0;
        long different = 0;
        string? difference = null;
        while (first.TryNext(out string was) | second.TryNext(out string now))
        {
            packets++;
            if (!string.Equals(was, now, StringComparison.Ordinal))
            {
                different++;
                difference ??= string.Create(null, $"packet {packets}: {was}; anonymous: {now}");
            }
        }

        return new ReplayAgreement(packets, different, difference);
    }

    /// <summary>One of the two replays.</summary>
    private sealed class Side : IDisposable
    {
        private readonly ReplayFeed _feed;
        private readonly PacketOutcome _outcome = new();
        private readonly SwitchCore _core;

        public Side(ReplayOptions options)
        {
            _feed = new ReplayFeed(options.Inputs, options.Changes);
            _core = new SwitchCore(
                options.Policy, options.Limits, ReplayFeed.BufferCount, CaptureWriter.MaximumPacketLength, _outcome);
            _outcome.PortName = _core.PortName;
            _feed.Start(_core);
        }

        /// <summary>Takes the next packet to its end and says what became of it; false when there is none.</summary>
        public bool TryNext(out string story)
        {
            _outcome.Clear();
            if (!_feed.TryNext(_core, out FrameDescriptor frame))
            {
                story = "no packet";
                return false;
            }

            _core.Processor.Process(frame);
            story = Story();
            return true;
        }

        public void Dispose()
        {
            _core.Dispose();
            _feed.Dispose();
        }

        private string Story()
        {
            var story = new StringBuilder();
            foreach (ref readonly PacketEvent e in _outcome.Events)
            {
                story.Append(story.Length == 0 ? "" : ", ").Append(FateComparison.Words(e));
                if (e.Egress is not null)
                {
                    story.Append(null, $" ({e.Length} bytes)");
                }

                foreach (ref readonly LayerDecision decision in _outcome.Decisions(e))
                {
                    story.Append(null, $" {decision}");
                    story.Append(decision.Source == DecisionSource.Flow ? " (flow)" : "");
                }
            }

            return story.ToString();
        }
    }
}
