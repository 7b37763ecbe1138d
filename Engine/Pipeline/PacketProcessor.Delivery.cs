using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>
/// The last steps: layers of the egress port, replication, answers, and the one place where frames leave.
/// </content>
internal sealed partial class PacketProcessor
{
    /// <summary>Takes a packet through the layers of the port it leaves by, and out.</summary>
    private Verdict DeliverTo(BoundPort target)
    {
        if (++_hops > MaxHops)
        {
            return DropReason.RedirectLoop;
        }

        if (target.HasLayers)
        {
            Direction direction = target.Port.Kind == PortKind.Uplink ? Direction.Out : Direction.In;
            DropReason reason = _layers.Cross(_snapshot, target, direction, _c);
            if (reason != DropReason.None)
            {
                return reason;
            }

            if (_c.Redirect is not null || _c.Encap is not null)
            {
                return FollowLayers(target, null);
            }
        }

        return Send(target, null);
    }

    /// <summary>
    /// Sends a copy to everybody in a network but those it came from: to each VTEP, or to the network's group.
    /// </summary>
    private Verdict Flood(BoundPort ingress, BoundNetwork network, Passage passage, bool isAuthorised = false)
    {
        if (!MayFlood(network.Network, out Verdict instead))
        {
            return instead;
        }

        // Split horizon: what came from a tunnel goes to local endpoints only.
        bool toTunnels = passage.MayEncap && !_c.IsTunnelled;
        int copies = 0;
        Saved saved = Save();
        bool isCut = false;
        _floods++;
        foreach (IpAddress target in toTunnels ? network.Space.FloodVteps : [])
        {
            isCut = !MayCopy();
            if (isCut)
            {
                break;
            }

            StripVlans(network);
            SettleCopy(SendFlooded(network, target), ref copies, ref saved);
        }

        foreach (LocalEndpoint local in network.Space.Locals)
        {
            if (local.Index == ingress.Index)
            {
                continue;
            }

            isCut = isCut || !MayCopy();
            if (isCut)
            {
                break;
            }

            BoundPort target = _snapshot.Port(local.Index)!;
            Verdict verdict = !_c.IsTunnelled ? DeliverLocally(ingress, target, network, passage)
                : passage.IsFiltered ? DeliverDecapsulated(target, isAuthorised)
                : Send(target, null);
            SettleCopy(verdict, ref copies, ref saved);
        }

        _floods--;
        if (isCut)
        {
            // One copy stands for those that are not made.
            SettleCopy(DropReason.RedirectLoop, ref copies, ref saved);
        }

        return copies > 0 ? Verdict.Forwarded : DropReason.FloodNotAllowed;
    }

    private Verdict SendFlooded(BoundNetwork network, IpAddress target) =>
        network.Group is { } group && target == group.Address
            ? SendThrough(network.Network.Vni, group.Local, target, group.Options)
            : SendThrough(network.Network.Vni, null, target, network.ReplicatedTunnel);

    /// <summary>Asks the network, and the rate of the port that the frame came from.</summary>
    private bool MayFlood(Network network, out Verdict instead)
    {
        MacAddress destination = _c.Facts.Packet.DestinationMac;
        (Flooding mode, PuntReason punt) = FloodingOf(network, destination);
        instead = mode switch
        {
            Flooding.Punt => (Verdict)punt,
            Flooding.Drop when destination.IsMulticast => DropReason.FloodNotAllowed,
            Flooding.Drop => DropReason.DestinationUnknown,
            _ when !_state.Limiter(_c.Frame.Port).Floods.TryTake(_c.NowNs) => DropReason.FloodRate,
            _ => Verdict.Forwarded,
        };
        return instead.Kind == VerdictKind.Forward;
    }

    private static (Flooding Mode, PuntReason Punt) FloodingOf(Network network, MacAddress destination) =>
        destination.IsBroadcast ? (network.Broadcast, PuntReason.Broadcast)
        : destination.IsMulticast ? (network.Multicast, PuntReason.Multicast)
        : (network.UnknownUnicast, PuntReason.UnknownUnicast);

    /// <summary>True unless redirects lead copies into flood after flood, so that they multiply.</summary>
    private bool MayCopy() => _floods == 1 || _copiesOfCopies++ < MaxCopiesOfCopies;

    private Saved Save()
    {
        _keepFrame = true;
        return new Saved(
            _c.Facts,
            _c.PopVlans,
            _c.PushVlans,
            _c.PushedTcis,
            _c.DestinationTranslated,
            _c.RewritesQuoted,
            _c.NextEncap,
            _c.EncapPort,
            _hops,
            _report.Mark,
            _pending.Mark);
    }

    /// <summary>Counts one copy's fate and makes the packet again what it was before.</summary>
    private void SettleCopy(Verdict verdict, ref int copies, ref Saved saved)
    {
        PortCounters counters = Counters(_c.Frame.Port);
        if (copies++ > 0)
        {
            counters.Generated++;
        }

        if (verdict.Kind != VerdictKind.Forward)
        {
            Count(counters, verdict);
            _report.Verdict = verdict;
            _report.Egress = -1;
            _report.Origin = _copiesSent > 0 ? FrameOrigin.Replica : FrameOrigin.Received;
            _sink.Retire(_pool, _c.Frame, _report);
        }

        _copiesSent++;

        // What this copy's own way wanted to write down, and did not, is given back.
        _pending.Abandon(saved.Flows);
        _report.ReturnTo(saved.Decisions);
        _c.Facts = saved.Facts;
        _c.PopVlans = saved.PopVlans;
        _c.PushVlans = saved.PushVlans;
        _c.PushedTcis = saved.PushedTcis;
        _c.DestinationTranslated = saved.DestinationTranslated;
        _c.RewritesQuoted = saved.RewritesQuoted;
        _c.NextEncap = saved.NextEncap;
        _c.EncapPort = saved.EncapPort;
        _c.First = null;
        _c.MiddleMac = default;
        _hops = saved.Hops;
    }

    /// <summary>Lets the frame leave: the one place where bytes are written and flow state is made.</summary>
    private Verdict Send(BoundPort egress, TunnelTemplate? tunnel)
    {
        ref HeaderTransposition transposition = ref _report.Work;
        _c.Describe(tunnel, ref transposition);
        transposition.MaxSegment = MaxSegment(egress, tunnel);
        DropReason reason = CheckSize(egress, transposition);
        bool isFragmented = reason == DropReason.MtuExceeded && MayFragment(egress, transposition);
        if (reason == DropReason.None || isFragmented)
        {
            reason = _pending.Commit(_c.Facts.Packet, _c.NowNs);
        }

        if (isFragmented && reason == DropReason.None)
        {
            return SendFragments(egress, transposition);
        }

        if (reason == DropReason.None && IsTwoTunnelsDeep(transposition))
        {
            return SendSegments(egress, transposition);
        }

        FrameDescriptor frame = _c.Frame;
        if (reason == DropReason.None && _keepFrame && !TryCopy(out frame))
        {
            reason = DropReason.PoolExhausted;
        }

        if (reason != DropReason.None)
        {
            return reason;
        }

        FrameTransposer.Apply(_pool, ref frame, transposition, _state.Limits.HashKey, Identification(transposition));
        _report.Origin = _copiesSent > 0 ? FrameOrigin.Replica : FrameOrigin.Received;
        return Transmit(egress, frame, isOriginal: !_keepFrame)
            ? Verdict.Forwarded
            : DropReason.EgressFull;
    }

    private ushort Identification(in HeaderTransposition transposition) =>
        FrameTransposer.NeedsIdentification(transposition) ? TakeIdentification() : (ushort)0;

    /// <summary>Gives a frame to its egress port; the report says what was done to its headers.</summary>
    private bool Transmit(BoundPort egress, in FrameDescriptor frame, bool isOriginal)
    {
        if (_report.Transposition.Push is { IsUnresolved: true } tunnel)
        {
            Hold(egress, frame, tunnel, isOriginal);
            return true;
        }

        _report.Verdict = Verdict.Forwarded;
        _report.Egress = egress.Index;
        if (_sink.Transmit(_pool, frame, _report))
        {
            Counters(_c.Frame.Port).Forwarded++;
            Counters(egress.Index).Sent++;
            _frameTaken |= isOriginal;
            return true;
        }

        if (!isOriginal)
        {
            _pool.Return(frame);
        }

        return false;
    }

    private bool TryCopy(out FrameDescriptor copy)
    {
        if (!_pool.TryRent(_c.Frame.Length, out copy))
        {
            return false;
        }

        (int buffer, int offset) = (copy.Buffer, copy.Offset);
        copy = _c.Frame with { Buffer = buffer, Offset = offset };
        Bytes.CopyTo(_pool.Frame(copy));
        return true;
    }

    private void SendMirrorCopy(RuleAction.Mirror mirror)
    {
        _c.IsUnique = true;
        PortCounters counters = Counters(_c.Frame.Port);
        counters.Generated++;
        if (!TryCopy(out FrameDescriptor copy))
        {
            counters.Drop(DropReason.PoolExhausted);
            return;
        }

        ref HeaderTransposition transposition = ref _report.Work;
        _c.Describe(null, ref transposition);
        DropReason reason = FrameTransposer.CheckHeadroom(copy, transposition);
        if (reason != DropReason.None)
        {
            counters.Drop(reason);
            _pool.Return(copy);
            return;
        }

        FrameTransposer.Apply(_pool, ref copy, transposition, _state.Limits.HashKey, 0);
        _report.Origin = FrameOrigin.Mirror;
        if (!Transmit(_snapshot.Port(mirror.Port), copy, isOriginal: false))
        {
            counters.Drop(DropReason.EgressFull);
        }
    }

    private Verdict AnswerQuestion(BoundPort port, MacAddress mac, bool isRouter)
    {
        if (!_pool.TryRent(NeighborProxy.MaxAnswerLength, out FrameDescriptor answer))
        {
            return CountUnsentAnswer(DropReason.PoolExhausted);
        }

        answer.Length = NeighborProxy.WriteAnswer(Bytes, _c.Outer, mac, isRouter, _pool.Frame(answer));
        return SendAnswer(port, answer);
    }

    private void AnswerEcho(BoundPort port)
    {
        if (!TryCopy(out FrameDescriptor answer))
        {
            CountUnsentAnswer(DropReason.PoolExhausted);
            return;
        }

        EchoResponder.Answer(_pool.Frame(answer), _c.Outer);
        SendAnswer(port, answer);
    }

    private Verdict SendAnswer(BoundPort port, FrameDescriptor answer)
    {
        answer.Port = _c.Frame.Port;
        answer.TimeNs = _c.Frame.TimeNs;
        answer.PacketId = _c.Frame.PacketId;
        _report.Origin = FrameOrigin.Answer;
        _report.Work = default;
        if (!Transmit(port, answer, isOriginal: false))
        {
            return CountUnsentAnswer(DropReason.EgressFull);
        }

        Counters(_c.Frame.Port).Generated++;
        return Verdict.Consumed;
    }

    private Verdict CountUnsentAnswer(DropReason reason)
    {
        PortCounters counters = Counters(_c.Frame.Port);
        counters.Generated++;
        counters.Drop(reason);
        return Verdict.Consumed;
    }

    /// <summary>What a copy's way through other ports must not change for the next copy.</summary>
    private readonly record struct Saved(
        PacketFacts Facts,
        byte PopVlans,
        byte PushVlans,
        ulong PushedTcis,
        bool DestinationTranslated,
        bool RewritesQuoted,
        RuleAction.Encap? NextEncap,
        int EncapPort,
        int Hops,
        int Decisions,
        int Flows);
}
