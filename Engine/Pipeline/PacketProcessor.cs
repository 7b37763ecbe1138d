using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>Takes each frame from its ingress port to its fate: the data path in reading order.</summary>
/// <remarks>
/// <code>
/// Process ─ parse ─┬ endpoint  FromEndpoint  guards → proxy | layers out → by network, tunnel or redirect
///                  ├ uplink    FromUplink    outer checks → layers in → by VNI and inner destination → layers in
///                  └ host      FromHost      → uplink
/// all ways out end in Send: headroom and MTU → flow state → header transposition → the egress port
/// </code>
/// Nothing here throws, whatever the bytes are. Thread: the worker's.
/// </remarks>
internal sealed partial class PacketProcessor
{
    private const int MaxHops = 4;

    /// <summary>
    /// Most copies that floods of copies make of one frame; a flood of the frame itself has its network's size.
    /// </summary>
    private const int MaxCopiesOfCopies = 4096;

    private readonly PacketPool _pool;
    private readonly IFrameSink _sink;
    private readonly SwitchState _state;
    private readonly PendingFlows _pending;
    private readonly LayerTraversal _layers;
    private readonly PacketContext _c = new();
    private readonly PacketReport _report;
    private readonly List<PortCounters> _counters = [];
    private PolicySnapshot _snapshot;
    private bool _frameTaken;
    private bool _keepFrame;
    private int _copiesSent;
    private int _copiesOfCopies;
    private int _floods;
    private int _hops;
    private ushort _identification;

    public PacketProcessor(
        PacketPool pool,
        IFrameSink sink,
        SwitchState state,
        PolicySnapshot snapshot,
        NeighborTable neighbors,
        BfdTable bfd,
        HostTables host,
        ILayerObserver? observer)
    {
        _pool = pool;
        _sink = sink;
        _state = state;
        _report = new PacketReport(_c);
        _pending = new PendingFlows(state);
        _layers = new LayerTraversal(state, _pending, _report, SendMirrorCopy, observer);
        _snapshot = snapshot;
        _neighbors = neighbors;
        _bfd = bfd;
        _host = host;
        _memberships = new MembershipTable(state.Limits.HashKey);
        Adopt(snapshot);
    }

    public PolicySnapshot Snapshot => _snapshot;

    /// <summary>What became of the last frame.</summary>
    public PacketReport Report => _report;

    /// <summary>
    /// True when the last frame was forwarded, and the next one of its kind will be in the same way as long as its
    /// flow and the policy last.
    /// </summary>
    public bool IsRepeatable { get; private set; }

    /// <summary>The flow table's entry that the last frame belonged to; 0 for none.</summary>
    public int FlowEntry { get; private set; }

    /// <summary>The latest time of any frame so far, in nanoseconds since 1970-01-01 UTC.</summary>
    public long NowNs { get; private set; } = long.MinValue;

    /// <summary>From when on a packet must come here, so that what is due is done at its time.</summary>
    public long DueNs => Math.Min(WakeNs, _state.Stations.NextNs);

    /// <summary>When next hops, sessions and groups are to be seen to, also where no packet comes.</summary>
    public long WakeNs => Math.Min(Math.Min(_neighbors.NextNs, _bfd.NextNs), _memberships.NextNs);

    /// <summary>Follows another policy from the next frame on.</summary>
    public void Adopt(PolicySnapshot snapshot)
    {
        _snapshot = snapshot;
        _state.Adopt(snapshot, NowNs);
        ReviseNeighbors();
        ReviseSessions();
        ReviseMemberships();
    }

    /// <summary>Counters of the port with a number; ports that a policy dropped keep theirs.</summary>
    public PortCounters Counters(int port)
    {
        while (_counters.Count <= port)
        {
            _counters.Add(new PortCounters());
        }

        return _counters[port];
    }

    /// <summary>Decides a frame's fate and carries it out; the buffer is the processor's from now on.</summary>
    public void Process(in FrameDescriptor frame)
    {
        _frameTaken = false;
        _keepFrame = false;
        _copiesSent = 0;
        _copiesOfCopies = 0;
        _floods = 0;
        _hops = 0;
        _fittingSize = 0;
        Advance(frame.TimeNs);
        TendSessions(frame.PacketId);
        TendMemberships(frame.PacketId);
        _c.Start(frame, NowNs);
        _state.Stations.Tend(NowNs);
        _report.Start(frame.Port);
        PortCounters counters = Counters(frame.Port);
        counters.Received++;

        Verdict verdict = Decide();
        FlowEntry = _pending.SingleEntry;
        IsRepeatable = verdict.Kind == VerdictKind.Forward
            && !_c.IsUnique
            && !_keepFrame
            && FlowEntry != PendingFlows.NotSingle;
        _pending.Abandon(0);
        if (verdict.Kind != VerdictKind.Forward)
        {
            TellSender(verdict);
            Count(counters, verdict);
            _report.Verdict = verdict;
            _report.Egress = -1;
            _report.Origin = FrameOrigin.Received;
            _report.Work = default;
            _sink.Retire(_pool, frame, _report);
        }

        if (!_frameTaken)
        {
            _pool.Return(frame);
        }

        FollowSessions();
        Sweep(1);
    }

    /// <summary>Goes on to a frame's time, unless a later one was seen already.</summary>
    /// <returns>The time that state goes by.</returns>
    public long Advance(long timeNs) => NowNs = Math.Max(NowNs, timeNs);

    /// <summary>Goes on to a clock's time while no frame comes, and does what is due then.</summary>
    /// <param name="timeNs">The time, by the clock that stamps the frames.</param>
    /// <param name="packets">As for <see cref="Sweep"/>.</param>
    public void Tick(long timeNs, int packets)
    {
        // Before the first frame nothing is due but sessions that begin, and groups to join.
        if (NowNs != long.MinValue || _bfd.Count > 0 || _memberships.Count > 0)
        {
            _state.Stations.Tend(Advance(timeNs));
            TendSessions(_c.Frame.PacketId);
            TendMemberships(_c.Frame.PacketId);
            Sweep(packets);
        }
    }

    /// <summary>Starts counting outer IPv4 identifications elsewhere, so that workers use others.</summary>
    public void StartIdentification(ushort first) => _identification = first;

    /// <summary>The outer IPv4 identification of the next frame that may be fragmented.</summary>
    public ushort TakeIdentification() => _identification++;

    /// <summary>
    /// Ends flows that were idle too long, some for every packet that was processed; sees to next hops.
    /// </summary>
    public void Sweep(int packets)
    {
        if (NowNs != long.MinValue)
        {
            _state.Flows.Expire(NowNs, budget: 4 * packets);
            _neighbors.Tend(NowNs, this);
        }

        _state.Flows.Recycle();
    }

    /// <summary>
    /// Drops a frame without a look at it: its egress port did not take it, though one like it was forwarded before,
    /// or the worker that its flow belongs to did not.
    /// </summary>
    public void Refuse(in FrameDescriptor frame, DropReason reason = DropReason.EgressFull)
    {
        PortCounters counters = Counters(frame.Port);
        counters.Received++;
        counters.Drop(reason);
        _c.Start(frame, NowNs);
        _report.Start(frame.Port);
        _report.Verdict = reason;
        _sink.Retire(_pool, frame, _report);
        _pool.Return(frame);
    }

    /// <summary>
    /// Makes a frame that was forwarded a drop: who had it for its egress port could not give it to it. Its buffer is
    /// not the processor's.
    /// </summary>
    public void TakeBack(FrameDescriptor frame, int egress)
    {
        PortCounters counters = Counters(frame.Port);
        counters.Forwarded--;
        counters.Drop(DropReason.EgressFull);
        Counters(egress).Sent--;
    }

    private static void Count(PortCounters counters, Verdict verdict)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Drop:
                counters.Drop(verdict.Drop);
                break;
            case VerdictKind.Punt:
                counters.Punted++;
                break;
            case VerdictKind.Consume:
                counters.Consumed++;
                break;
        }
    }

    private Verdict Decide()
    {
        DropReason reason = ReasonFromPort(_c.Frame.Flags);
        if (reason != DropReason.None)
        {
            return reason;
        }

        BoundPort? port = _snapshot.Port(_c.Frame.Port);
        if (port is null)
        {
            return DropReason.PortNotReady;
        }

        reason = PacketParser.ParseFrame(Bytes, 0, out _c.Outer);
        if (reason != DropReason.None)
        {
            return reason;
        }

        Look(_c.Outer);
        return port.Port.Kind switch
        {
            PortKind.Endpoint => FromEndpoint(port),
            PortKind.Uplink => FromUplink(port),
            _ => FromHost(port),
        };
    }

    private ReadOnlySpan<byte> Bytes => _pool.Frame(_c.Frame);

    private static DropReason ReasonFromPort(FrameFlags flags) => flags switch
    {
        FrameFlags.None => DropReason.None,
        _ when flags.HasFlag(FrameFlags.NotEthernet) => DropReason.LinkTypeUnsupported,
        _ when flags.HasFlag(FrameFlags.TooLong) => DropReason.FrameTooLong,
        _ => DropReason.FrameCut,
    };

    /// <summary>Makes a frame the one that rules look at; what they made of another one is forgotten.</summary>
    private void Look(in ParsedFrame innermost)
    {
        _c.PopVlans = 0;
        _c.PushVlans = 0;
        _c.PushedTcis = 0;
        _c.RewritesQuoted = false;
        _c.DestinationTranslated = false;
        _c.Original = innermost;
        _c.Facts.Packet = innermost;
        _c.HasQuoted = innermost.IsIcmpError
            && PacketParser.ParseQuotedPacket(
                Bytes, innermost.PayloadOffset, innermost.L3End, innermost.Family, out _c.Quoted) == DropReason.None;
    }

    private Verdict FromHost(BoundPort port)
    {
        if (port.HasLayers)
        {
            DropReason reason = _layers.Cross(_snapshot, port, Direction.Out, _c);
            if (reason != DropReason.None)
            {
                return reason;
            }

            if (_c.Encap is not null || _c.Redirect is not null)
            {
                return FollowLayers(port, null);
            }
        }

        return _snapshot.Uplinks.Length > 0 ? DeliverTo(_snapshot.Uplinks[0]) : DropReason.UplinkUnknown;
    }

    /// <summary>The flow's hash, which chooses among equal ways.</summary>
    private ulong FlowNumber() =>
        FlowHash.Entropy(_c.Facts.Packet, symmetric: false, _state.Limits.HashKey);
}
