using System.Buffers.Binary;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>What the processor did to a packet becomes what is done to those like it.</content>
internal sealed partial class FastPath
{
    /// <summary>Writes down what the processor did to a packet, when it would do the same to the next one.</summary>
    private void Learn(in FrameKey key)
    {
        int entry = _processor.FlowEntry;
        if (!_processor.IsRepeatable || (entry != 0 && !IsSteady(entry)))
        {
            return;
        }

        PacketReport report = _processor.Report;
        ref readonly HeaderTransposition done = ref report.Transposition;
        bool isTunnelled = key.InnerOffset != 0;
        bool isPlain = done.PopOuter == isTunnelled
            && done.PopVlans == 0
            && done.PushVlans == 0
            && !done.HasQuoted
            && done.To.VlanCount == 0
            && done.From.L2Offset == key.InnerOffset
            && (done.Push?.Header.Length ?? 0) <= UnifiedAction.HeaderRoom;
        if (!isPlain || !TryMakeRecipe(report, done, out UnifiedRecipe recipe))
        {
            return;
        }

        int mtu = _processor.Snapshot.Port(report.Egress)!.Port.Mtu;
        mtu = mtu == 0 ? ushort.MaxValue : mtu;
        mtu = done.Push is null ? mtu : _paths.Limit(done.Push.Remote, mtu, _processor.NowNs);
        var flow = new FlowEntry
        {
            Tuple = key.Tuple,
            Context = key.Context,
            Action = _actions.Take(recipe, mtu, _pool.FrameCapacity + PacketPool.Headroom, _counters),
            LastUsedNs = _processor.NowNs,
            SourcePort = done.Push is null
                ? (ushort)0
                : VxlanEncapsulation.SourcePort(done.Push.Options, done.To, _hashKey),
        };
        if ((recipe.Steps & UnifiedSteps.Translate) != UnifiedSteps.None)
        {
            Translate(FlowTuple.Of(done.From), FlowTuple.Of(done.To), ref flow);
        }

        _kinds.Set(
            key.Hash,
            flow,
            entry,
            key.IsWide ? new WideAddresses(done.From) : default,
            entry == 0 ? 0 : _flows.StateOf(_flows.PairOf(entry)).TimeoutNs);
    }

    /// <summary>
    /// False for a flow of an older policy, which is followed for a while only, for one whose state the next packet
    /// changes, and for one that has ended: nobody would take its packet kinds back.
    /// </summary>
    private bool IsSteady(int entry)
    {
        ref readonly FlowState state = ref _flows.StateOf(_flows.PairOf(entry));
        return _flows.Entry(entry).IsSteady
            && state.Generation == _generation
            && (state.Flags & FlowFlags.Installed) != FlowFlags.None;
    }

    /// <summary>Writes down a translation, in the order of the frame, which sums keep (RFC 1071 §2).</summary>
    private static void Translate(in FlowTuple before, in FlowTuple after, ref FlowEntry flow)
    {
        uint ports = PortsInFrame(before);
        flow.NewAddresses = AddressesInFrame(after);
        flow.NewPorts = PortsInFrame(after);
        flow.IpDelta = AddressDelta(before, after);
        flow.TransportDelta = Checksum.FoldDelta(flow.IpDelta + Checksum.Difference(ports, flow.NewPorts));
    }

    private static ushort AddressDelta(in FlowTuple before, in FlowTuple after)
    {
        ulong from = AddressesInFrame(before);
        ulong to = AddressesInFrame(after);
        return Checksum.FoldDelta(
            Checksum.Difference((uint)from, (uint)to) + Checksum.Difference((uint)(from >> 32), (uint)(to >> 32)));
    }

    private static ulong AddressesInFrame(in FlowTuple tuple) =>
        BinaryPrimitives.ReverseEndianness((tuple.Source.Low << 32) | tuple.Destination.Low);

    private static uint PortsInFrame(in FlowTuple tuple) =>
        BinaryPrimitives.ReverseEndianness(((uint)tuple.SourcePort << 16) | tuple.DestinationPort);

    private bool TryMakeRecipe(PacketReport report, in HeaderTransposition done, out UnifiedRecipe recipe)
    {
        recipe = new UnifiedRecipe
        {
            Ingress = report.Ingress,
            Egress = report.Egress,
            Destination = done.To.DestinationMac,
            Source = done.To.SourceMac,
            TrafficClass = done.To.TrafficClass,
            Hops = (byte)(done.From.Ttl - done.To.Ttl),
            Push = done.Push,
        };
        recipe.OuterMayFragment = done.Push is not null
            && VxlanEncapsulation.MayFragment(done.Push, done.To);
        recipe.Steps = (done.PopOuter ? UnifiedSteps.PopOuter : UnifiedSteps.None)
            | (done.From.DestinationMac != done.To.DestinationMac || done.From.SourceMac != done.To.SourceMac
                ? UnifiedSteps.WriteMacs
                : UnifiedSteps.None)
            | (done.From.TrafficClass != done.To.TrafficClass ? UnifiedSteps.WriteTrafficClass : UnifiedSteps.None)
            | (done.Push is not null && VxlanEncapsulation.ComputesUdpChecksum(done.Push)
                ? UnifiedSteps.ComputeUdpChecksum
                : UnifiedSteps.None);
        return TryDescribeFlow(done, ref recipe) && TryListRules(report.Decisions, ref recipe);
    }

    private bool TryDescribeFlow(in HeaderTransposition done, ref UnifiedRecipe recipe)
    {
        FlowTuple before = FlowTuple.Of(done.From);
        FlowTuple after = FlowTuple.Of(done.To);
        bool translates = before != after;
        recipe.Steps |= translates ? UnifiedSteps.Translate : UnifiedSteps.None;
        int entry = _processor.FlowEntry;
        if (entry == 0)
        {
            return !translates;
        }

        // Deltas that cancel out are left out when both are applied at once, and not one after the other: a header
        // whose sum is 0xFFFF would tell.
        if (translates && AddressDelta(before, after) == 0 && before.Source != after.Source)
        {
            return false;
        }

        // The tuple as it leaves must be the one that the flow's other key tells, as a single translation's is.
        return (!translates || done.From.Family == IpFamily.V4)
            && _flows.KeyOf(entry).Tuple == before
            && _flows.KeyOf(_flows.OtherOf(entry)).Tuple.Reversed == after;
    }

    private static bool TryListRules(ReadOnlySpan<LayerDecision> decisions, ref UnifiedRecipe recipe)
    {
        Span<BoundRule?> rules = recipe.Rules;
        foreach (ref readonly LayerDecision decision in decisions)
        {
            if (decision.Rule is null)
            {
                continue;
            }

            if (recipe.RuleCount == rules.Length)
            {
                return false;
            }

            rules[recipe.RuleCount++] = decision.Rule;
        }

        return true;
    }
}
