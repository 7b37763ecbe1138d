using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>
/// Takes captures through two policies at once, and tells which packets fare differently, how, and why.
/// </summary>
/// <remarks>
/// A packet fares the same when under both policies it ends alike (drop reason included) and the same bytes leave
/// through the same ports, copies and answers included, in any order. Identifications of outer IPv4 headers never
/// count: they are serial numbers. Each policy has flow state of its own, so an answer to a packet that is blocked now
/// differs too. Captures do not react, though: what was recorded after a packet enters even if that packet no longer
/// gets through. One pass, in memory that does not grow with the captures. Thread: one.
/// </remarks>
public static class ReplayComparison
{
    private const int ProgressInterval = 4096;

    /// <summary>Compares two policies over captures.</summary>
    /// <param name="options">The policies and the captures.</param>
    /// <param name="cancellation">Ends the comparison early; packets so far are counted.</param>
    /// <exception cref="PolicyException">A policy has mistakes.</exception>
    /// <exception cref="ArgumentException">An input names a port that neither policy has.</exception>
    public static ComparisonResult Run(ComparisonOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var feed = new ReplayFeed(options.Inputs, []);
        CheckPorts(options);
        using var before = new RecordedSwitch(options.Before, options.Limits, options.Inputs);
        using var after = new RecordedSwitch(options.After, options.Limits, options.Inputs);
        var comparison = new OutcomeComparison(options.IgnorePorts);
        var groups = new DifferenceGroups(options.MaximumGroups, options.ExamplesPerGroup);
        long maximum = options.MaximumPackets ?? long.MaxValue;
        while (feed.Count < maximum
            && !cancellation.IsCancellationRequested
            && feed.TryRead(out int input, out CapturedPacket packet, out FrameFlags flags))
        {
            before.Process(input, packet, flags, feed.Count);
            after.Process(input, packet, flags, feed.Count);
            if (comparison.TryFindDifference(before.Outcome, after.Outcome, out int lost, out int gained))
            {
                string ingress = options.Inputs[input].Port;
                DifferenceGroup? wantsExample =
                    Describe(comparison, groups, ingress, before.Outcome, lost, after.Outcome, gained);
                wantsExample?.AddExample(Example(feed.Count, ingress, packet));
            }

            if (feed.Count % ProgressInterval == 0)
            {
                options.Progress?.Invoke(feed.Offset);
            }
        }

        return new ComparisonResult(
            feed.Count - groups.Total,
            groups.Total,
            groups.Sorted(),
            groups.Ungrouped,
            feed.Faults,
            feed.Foreign,
            options.MaximumPackets is null ? feed.Unfound : []);
    }

    private static void CheckPorts(ComparisonOptions options)
    {
        foreach (ReplayInput input in options.Inputs)
        {
            if (!options.Before.Ports.Concat(options.After.Ports)
                .Any(p => string.Equals(p.Name, input.Port, StringComparison.Ordinal)))
            {
                throw new ArgumentException($"Neither policy has a port '{input.Port}'.", nameof(options));
            }
        }
    }

    private static DifferenceGroup? Describe(
        OutcomeComparison comparison,
        DifferenceGroups groups,
        string ingress,
        PacketOutcome before,
        int lost,
        PacketOutcome after,
        int gained)
    {
        // A copy more or less is told beside what else became of the packet.
        PacketEvent was = before.Events[Math.Max(lost, 0)];
        PacketEvent now = after.Events[Math.Max(gained, 0)];
        (PacketFate fateBefore, PacketFate fateAfter) = FateComparison.Describe(before, was, after, now);
        var changes = new List<FieldChange>();
        if (lost < 0)
        {
            fateAfter = fateAfter with { Outcome = $"also {fateAfter.Outcome}" };
            AddTunnel(after, now, changes, tunnel => new FieldChange("tunnel", "none", tunnel));
        }
        else if (gained < 0)
        {
            fateAfter = fateAfter with { Outcome = "no longer" };
            AddTunnel(before, was, changes, tunnel => new FieldChange("tunnel", tunnel, "none"));
        }
        else if (was.Egress is not null && now.Egress is not null)
        {
            changes = comparison.Compare(before, was, after, now);
        }

        return groups.Add(ingress, fateBefore, fateAfter, changes);
    }

    private static void AddTunnel(
        PacketOutcome outcome, in PacketEvent e, List<FieldChange> changes, Func<string, FieldChange> change)
    {
        if (FrameFields.Tunnel(OpenedFrame.Open(outcome.Bytes(e), e.Tunnel)) is string tunnel)
        {
            changes.Add(change(tunnel));
        }
    }

    private static ComparedPacket Example(uint number, string ingress, in CapturedPacket packet) =>
        new(number, packet.TimestampNs, ingress, OpenedFrame.Open(packet.Data).Conversation());
}
