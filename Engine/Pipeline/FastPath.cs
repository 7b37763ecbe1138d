using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>
/// The data path for packets like earlier ones: read, find what the processor did last time, do it again.
/// </summary>
/// <remarks>
/// <code>
/// burst: read all, prefetch ─► find all, prefetch ─► each in order: repeat, or let the processor decide and learn
/// </code>
/// Takes whole, untagged IPv4 packets of TCP and UDP, also from IPv4 tunnels; everything else, and every packet that
/// opens or closes a connection, is the processor's. It never decides anything itself. Thread: the worker's.
/// </remarks>
internal sealed partial class FastPath : IDisposable
{
    private const int MaxBurst = 256;

    private readonly PacketPool _pool;
    private readonly IFrameSink _sink;
    private readonly PacketProcessor _processor;
    private readonly FlowTable _flows;
    private readonly ulong _hashKey;
    private readonly UnifiedFlowTable _unified;
    private readonly UnifiedActions _actions = new();
    private readonly ContextTable _contexts;
    private readonly FrameKey[] _keys = new FrameKey[MaxBurst];
    private readonly Func<int, PortCounters> _counters;
    private IngressPort[] _ports = [];
    private uint _generation;

    public FastPath(PacketPool pool, IFrameSink sink, PacketProcessor processor, SwitchState state)
    {
        _pool = pool;
        _sink = sink;
        _processor = processor;
        _flows = state.Flows;
        _hashKey = state.Limits.HashKey;
        _unified = new UnifiedFlowTable(2 * state.Limits.FlowPairs);
        _contexts = new ContextTable(_hashKey);
        _counters = processor.Counters;
    }

    /// <summary>Packets that went the short way.</summary>
    public long Hits { get; private set; }

    /// <summary>Takes frames to their fate, in order; their buffers are the switch's from now on.</summary>
    public void Process(Span<FrameDescriptor> frames)
    {
        for (; frames.Length > MaxBurst; frames = frames[MaxBurst..])
        {
            ProcessBurst(frames[..MaxBurst]);
        }

        ProcessBurst(frames);
    }

    /// <summary>Adds what hits have left in the actions to the counters of ports and rules.</summary>
    public void Settle() => _actions.Settle(_counters);

    /// <inheritdoc/>
    public void Dispose()
    {
        _unified.Dispose();
        _actions.Dispose();
        _contexts.Dispose();
    }

    private void ProcessBurst(Span<FrameDescriptor> frames)
    {
        if (_generation != _processor.Snapshot.Generation)
        {
            Adopt(_processor.Snapshot);
        }

        for (int i = 0; i < frames.Length; i++)
        {
            Read(frames[i], ref _keys[i]);
            _unified.Prefetch(_keys[i].Hash);
        }

        for (int i = 0; i < frames.Length; i++)
        {
            ref FrameKey key = ref _keys[i];
            key.Slot = _unified.Find(key.Hash, key.Addresses, key.Ports, key.Context);
            if (key.Slot >= 0)
            {
                _flows.Prefetch(_unified[key.Slot].Entry);
            }
        }

        for (int i = 0; i < frames.Length; i++)
        {
            ref readonly FrameKey key = ref _keys[i];
            if (key.Context == 0)
            {
                _processor.Process(frames[i]);
            }
            else if (!TryRepeat(key, ref frames[i]))
            {
                _processor.Process(frames[i]);
                Learn(key);
            }
        }

        _processor.Sweep(frames.Length);
    }

    private void Adopt(PolicySnapshot snapshot)
    {
        Settle();
        _actions.Forget();
        _generation = snapshot.Generation;
        _ports = new IngressPort[snapshot.PortCount];
        for (int i = 0; i < _ports.Length; i++)
        {
            _ports[i] = IngressPort.Of(snapshot.Port(i));
        }
    }

    private bool TryRepeat(in FrameKey key, ref FrameDescriptor frame)
    {
        // An earlier frame of the burst may have taught something, or taken the slot.
        int slot = key.Slot;
        if (slot < 0 || !_unified[slot].Is(key.Addresses, key.Ports, key.Context))
        {
            slot = _unified.Find(key.Hash, key.Addresses, key.Ports, key.Context);
            if (slot < 0)
            {
                return false;
            }
        }

        ref readonly UnifiedFlow flow = ref _unified[slot];
        ref UnifiedAction action = ref _actions[flow.Action];
        if (action.Id != flow.Action
            || action.Generation != _generation
            || key.Ttl <= action.Hops
            || key.InnerLength > action.MaxFrameLength
            || key.PacketLength > action.MaxPacketLength
            || frame.Offset + key.InnerOffset < action.HeaderLength
            || !TryUse(flow, action, key, frame.TimeNs))
        {
            return false;
        }

        FrameDescriptor received = frame;
        Write(ref frame, key, flow, action);
        if (_sink.Forward(_pool, frame, action.Egress))
        {
            action.Packets++;
            Hits++;
        }
        else
        {
            _actions.CountRules(flow.Action);
            _processor.Refuse(received);
        }

        return true;
    }

    /// <summary>Takes note of a packet in its flow's state, unless it would change that.</summary>
    private bool TryUse(in UnifiedFlow flow, in UnifiedAction action, in FrameKey key, long timeNs)
    {
        long now = _processor.Advance(timeNs);
        if (flow.Entry < 0)
        {
            return true;
        }

        ref FlowEntry entry = ref _flows.Entry(flow.Entry);
        bool isSame = entry.Key.Addresses == key.Addresses
            && entry.Key.Ports == ((key.Ports & ~0xFF_FFFFUL) | action.KeyFlags)
            && entry.Key.Place == action.KeyPlace;
        if (!isSame || !entry.IsSteady || now - entry.LastUsedNs >= entry.TimeoutNs)
        {
            return false;
        }

        entry.LastUsedNs = now;
        entry.Packets++;
        return true;
    }

    /// <summary>Writes down what the processor did to a packet, when it would do the same to the next one.</summary>
    private void Learn(in FrameKey key)
    {
        if (!_processor.IsRepeatable)
        {
            return;
        }

        // A flow of an older policy is followed for a while only.
        int entry = _processor.FlowEntry;
        if (entry >= 0 && _flows.StateOf(entry >> 1).Generation != _generation)
        {
            return;
        }

        PacketReport report = _processor.Report;
        HeaderTransposition done = report.Transposition;
        bool isTunnelled = key.InnerOffset != 0;
        bool isPlain = done.PopOuter == isTunnelled
            && done.PopVlans == 0
            && done.PushVlans == 0
            && !done.HasQuoted
            && done.To.VlanCount == 0
            && done.From.L2Offset == key.InnerOffset
            && (done.Push?.Header.Length ?? 0) <= UnifiedAction.MaxHeaderLength;
        if (!isPlain || !TryMakeRecipe(report, done, out UnifiedRecipe recipe))
        {
            return;
        }

        int mtu = _processor.Snapshot.Port(report.Egress)!.Port.Mtu;
        mtu = mtu == 0 ? ushort.MaxValue : mtu;
        var flow = new UnifiedFlow
        {
            Addresses = key.Addresses,
            Ports = key.Ports,
            Context = key.Context,
            Action = _actions.Take(recipe, _generation, mtu, _pool.FrameCapacity + PacketPool.Headroom, _counters),
            Entry = entry,
            SourcePort = done.Push is null
                ? (ushort)0
                : VxlanEncapsulation.SourcePort(done.Push.Options, done.To, _hashKey),
        };
        _unified.Set(key.Hash, flow);
    }

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
        recipe.OuterMayFragment = done.Push is not null && done.Push.Options.DontFragment switch
        {
            DontFragmentMode.Clear => true,
            DontFragmentMode.Copy => !done.From.DontFragment,
            _ => false,
        };
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
        recipe.Steps |= before == after ? UnifiedSteps.None : UnifiedSteps.Translate;
        int entry = _processor.FlowEntry;
        if (entry < 0)
        {
            return before == after;
        }

        PackedFlowKey key = _flows.Entry(entry).Key;
        recipe.KeyFlags = key.Ports & 0xFF_FFFF;
        recipe.KeyPlace = key.Place;

        // The tuple as it leaves must be the one that the flow's other key tells, as a single translation's is.
        return _flows.KeyOf(entry).Tuple == before && _flows.KeyOf(entry ^ 1).Tuple.Reversed == after;
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

    /// <summary>What the fast path must know of a port to read its frames.</summary>
    private readonly record struct IngressPort(
        bool IsEligible, bool IsUplink, bool Verifies, ushort VxlanPort, ushort OtherVxlanPort)
    {
        public static IngressPort Of(BoundPort? port)
        {
            if (port is null || port.Port.Kind == PortKind.Host)
            {
                return default;
            }

            ushort[] ports = [.. port.VxlanPorts.Order()];
            return new IngressPort(
                IsEligible: true,
                port.Port.Kind == PortKind.Uplink,
                port.Port.Checksum == ChecksumMode.Verify,
                ports.ElementAtOrDefault(0),
                ports.ElementAtOrDefault(1));
        }
    }
}
