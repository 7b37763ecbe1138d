using VxlanEngine.Packets;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Replay;

/// <summary>Says what became of a packet under two policies, and which rules made the difference.</summary>
/// <remarks>
/// The rule that blocks is the one that counts, beside what the other policy says in the same layer. Where neither
/// blocks, it is the first decisions that are not the same.
/// </remarks>
internal static class FateComparison
{
    /// <summary>Describes two events of which neither is among the other policy's.</summary>
    public static (PacketFate Before, PacketFate After) Describe(
        PacketOutcome before, in PacketEvent was, PacketOutcome after, in PacketEvent now)
    {
        (LayerDecision? first, LayerDecision? second) = FindRules(before, was, after, now);
        return (
            new PacketFate(Words(was), first?.ToString()),
            new PacketFate(Words(now), second?.ToString()));
    }

    /// <summary>What became of a packet, without the rule.</summary>
    public static string Words(in PacketEvent e) => e.Verdict.Kind switch
    {
        VerdictKind.Drop => $"dropped: {e.Verdict.Drop.Name()}",
        VerdictKind.Punt => $"punted: {Words(e.Verdict.Punt)}",
        VerdictKind.Consume => "consumed",
        _ => e.Origin switch
        {
            FrameOrigin.Replica => $"copied to {e.Egress}",
            FrameOrigin.Mirror => $"mirrored to {e.Egress}",
            FrameOrigin.Answer => $"answered at {e.Egress}",
            FrameOrigin.Fragment => $"continued to {e.Egress}",
            FrameOrigin.Question => $"asked at {e.Egress}",
            FrameOrigin.Bfd => $"bfd at {e.Egress}",
            FrameOrigin.Membership => $"membership at {e.Egress}",
            _ => $"forwarded to {e.Egress}",
        },
    };

    private static string Words(PuntReason reason) => reason switch
    {
        PuntReason.UnknownUnicast => "unknown unicast",
        PuntReason.Broadcast => "broadcast",
        PuntReason.Multicast => "multicast",
        _ => "no reason",
    };

    private static (LayerDecision? Before, LayerDecision? After) FindRules(
        PacketOutcome before, in PacketEvent was, PacketOutcome after, in PacketEvent now)
    {
        ReadOnlySpan<LayerDecision> first = before.Decisions(was);
        ReadOnlySpan<LayerDecision> second = after.Decisions(now);
        bool endedBefore = EndedInLayer(was, first);
        bool endedAfter = EndedInLayer(now, second);
        if (endedBefore || endedAfter)
        {
            LayerDecision? last = endedBefore ? first[^1] : null;
            LayerDecision? lastAfter = endedAfter ? second[^1] : null;
            return (
                last ?? InLayerOf(lastAfter!.Value, after, first, before) ?? Deciding(was, first),
                lastAfter ?? InLayerOf(last!.Value, before, second, after) ?? Deciding(now, second));
        }

        for (int i = 0; i < Math.Min(first.Length, second.Length); i++)
        {
            if (!AreSame(first[i], second[i]))
            {
                return (first[i], second[i]);
            }
        }

        return (Deciding(was, first), Deciding(now, second));
    }

    /// <summary>Whether the packet ended at a layer, whose decision is then the last one.</summary>
    private static bool EndedInLayer(in PacketEvent e, ReadOnlySpan<LayerDecision> decisions) =>
        !decisions.IsEmpty
        && e.Verdict.Drop is DropReason.RuleBlock or DropReason.LayerDefaultBlock or DropReason.RateLimit
            or DropReason.NatExhausted or DropReason.NatUnsupported or DropReason.BackendUnavailable;

    private static LayerDecision? InLayerOf(
        in LayerDecision wanted, PacketOutcome from, ReadOnlySpan<LayerDecision> decisions, PacketOutcome of)
    {
        foreach (ref readonly LayerDecision decision in decisions)
        {
            if (decision.Direction == wanted.Direction
                && string.Equals(decision.Layer.Name, wanted.Layer.Name, StringComparison.Ordinal)
                && string.Equals(of.PortName(decision.Port), from.PortName(wanted.Port), StringComparison.Ordinal))
            {
                return decision;
            }
        }

        return null;
    }

    // A flow that follows a rule is decided as by the rule itself.
    private static bool AreSame(in LayerDecision a, in LayerDecision b) =>
        a.Direction == b.Direction
        && string.Equals(a.ToString(), b.ToString(), StringComparison.Ordinal)
        && a.Rule?.Rule.Action == b.Rule?.Rule.Action;

    /// <summary>The last rule of a packet that left; where it did not, no rule is to blame.</summary>
    private static LayerDecision? Deciding(in PacketEvent e, ReadOnlySpan<LayerDecision> decisions)
    {
        for (int i = decisions.Length - 1; i >= 0 && e.Verdict.Kind == VerdictKind.Forward; i--)
        {
            if (decisions[i].Rule is not null)
            {
                return decisions[i];
            }
        }

        return null;
    }
}
