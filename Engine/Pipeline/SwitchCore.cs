using VxlanEngine.Classification;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>
/// A switch without ports: policy in force, state, buffers and the processor. What embeds it brings the frames.
/// </summary>
/// <remarks>Thread: one.</remarks>
internal sealed class SwitchCore : IDisposable
{
    private readonly ClassifierKind _classifiers;
    private readonly IFrameSink _sink;
    private readonly FastPath? _fast;

    public SwitchCore(
        SwitchPolicy policy,
        SwitchLimits limits,
        int bufferCount,
        int frameCapacity,
        IFrameSink sink,
        ILayerObserver? observer = null,
        ClassifierKind classifiers = ClassifierKind.Compiled)
        : this(Validate(policy), limits, new PacketPool(bufferCount, frameCapacity), sink, observer, classifiers)
    {
    }

    /// <summary>Makes a switch from a valid policy and a pool, which it disposes.</summary>
    public SwitchCore(
        SwitchPolicy policy,
        SwitchLimits limits,
        PacketPool pool,
        IFrameSink sink,
        ILayerObserver? observer = null,
        ClassifierKind classifiers = ClassifierKind.Compiled,
        FlowOwnership? ownership = null,
        PathMtus? pathMtus = null)
    {
        _classifiers = classifiers;
        Limits = limits;
        State = new SwitchState(limits, ownership, pathMtus);
        Pool = pool;
        var snapshot = new PolicySnapshot(
            policy, 1, long.MinValue / 2, new NameDirectory(), new NameDirectory(), classifiers, host: Host);
        var neighbors = new NeighborTable(NeighborTable.MaxNeighbors, Math.Max(1, pool.Count / 4), Host);
        Processor = new PacketProcessor(
            Pool, sink, State, snapshot, neighbors, new BfdTable(limits.HashKey), Host, observer)
        {
            VtepsChanged = FollowVteps,
        };
        _sink = sink;
        _fast = observer is null && sink.MayLeaveReportsOut ? new FastPath(Pool, sink, Processor, State) : null;
    }

    public SwitchLimits Limits { get; }

    public SwitchState State { get; }

    public PacketPool Pool { get; }

    public PacketProcessor Processor { get; }

    /// <summary>The machine's own routes and neighbours, for uplinks; empty until somebody reads them.</summary>
    public HostTables Host { get; } = new();

    public SwitchPolicy Policy => Processor.Snapshot.Policy;

    public uint Generation => Processor.Snapshot.Generation;

    public int PortCount => PortNames.Count;

    public string PortName(int index) => PortNames[index];

    public bool TryFindPort(string name, out int index) => PortNames.TryFind(name, out index);

    /// <summary>Packets that fared like earlier ones, and were not decided anew.</summary>
    public long FastPathHits => _fast?.Hits ?? 0;

    /// <summary>Has the system give buffers and flow tables all of their memory now.</summary>
    public void Populate()
    {
        Pool.Populate();
        State.Flows.Populate();
        _fast?.Populate();
    }

    /// <summary>Takes frames to their fate, in order; their buffers are the switch's from now on.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="owner">
    /// Asked for each frame unlike any before whether it is for this switch; null where all are. Frames like earlier
    /// ones are where those were.
    /// </param>
    public void Process(Span<FrameDescriptor> frames, IFrameOwner? owner = null)
    {
        if (_fast is not null && !_sink.WantsReports)
        {
            _fast.Process(frames, owner);
            return;
        }

        foreach (ref readonly FrameDescriptor frame in frames)
        {
            if (owner is null || owner.TryKeep(frame))
            {
                Processor.Process(frame);
            }
        }
    }

    /// <summary>Puts a policy in force from the next frame on.</summary>
    /// <returns>False when it is equal to the one in force, which then stays with its generation.</returns>
    /// <exception cref="PolicyException">The policy has mistakes; the old one stays.</exception>
    public bool Apply(SwitchPolicy policy)
    {
        Validate(policy);
        if (policy == Policy)
        {
            return false;
        }

        Adopt(Prepare(policy, Processor.NowNs, Processor.Snapshot));
        return true;
    }

    /// <summary>Says whether a VTEP can be reached.</summary>
    /// <returns>False when it was said before.</returns>
    public bool SetVtepState(IpAddress vtep, bool isUp)
    {
        if (!TryChangeVtep(Processor.Snapshot.DownVteps, vtep, isUp, out IReadOnlySet<IpAddress> down))
        {
            return false;
        }

        Adopt(Prepare(Policy, Processor.NowNs, Processor.Snapshot, down));
        return true;
    }

    /// <summary>The VTEPs that are down once one of them has changed.</summary>
    /// <returns>False when none has.</returns>
    public static bool TryChangeVtep(
        IReadOnlySet<IpAddress>? older, IpAddress vtep, bool isUp, out IReadOnlySet<IpAddress> down)
    {
        HashSet<IpAddress> changed = [.. older ?? new HashSet<IpAddress>()];
        down = changed;
        return isUp ? changed.Remove(vtep) : changed.Add(vtep);
    }

    /// <summary>Makes a policy ready to follow an older one. Thread: any; what packets use is only read.</summary>
    /// <param name="policy">A valid policy.</param>
    /// <param name="nowNs">The time, or less where no packet came yet.</param>
    /// <param name="older">The policy before.</param>
    /// <param name="downVteps">VTEPs that are down; null for those that were.</param>
    public PolicySnapshot Prepare(
        SwitchPolicy policy, long nowNs, PolicySnapshot older, IReadOnlySet<IpAddress>? downVteps = null) => new(
        policy,
        older.Generation + 1,
        Math.Max(nowNs, long.MinValue / 2),
        new NameDirectory(older.PortNames),
        new NameDirectory(older.NetworkNames),
        _classifiers,
        older,
        downVteps,
        Host);

    /// <summary>Puts a policy that was prepared in force from the next frame on.</summary>
    public void Adopt(PolicySnapshot snapshot)
    {
        Processor.Adopt(snapshot);
        Processor.FollowSessions();
    }

    /// <summary>Looks at the BFD sessions, by the order of their VTEPs.</summary>
    public IReadOnlyList<BfdSummary> ReadBfdSessions() => Processor.ReadBfdSessions(PortName);

    /// <summary>Looks at flow pairs, no more than a number of them.</summary>
    public IReadOnlyList<FlowSummary> ReadFlows(int limit)
    {
        if (Processor.NowNs != long.MinValue)
        {
            State.Flows.ExpireAll(Processor.NowNs);
        }

        return [.. State.Flows.Pairs.Take(limit).Select(p => FlowSummary.Of(p, PortName, Processor.NowNs))];
    }

    /// <summary>Looks at stations that were learnt, no more than a number of them.</summary>
    public IReadOnlyList<LearntStation> ReadStations(int limit)
    {
        long nowNs = Processor.NowNs;
        var found = new List<LearntStation>();
        for (int i = 0; i < Processor.Snapshot.NetworkNames.Count; i++)
        {
            string network = Processor.Snapshot.NetworkNames[i];
            found.AddRange(
                from station in State.Stations.Of(i)?.Stations(nowNs) ?? []
                let isLocal = station.Place.Port >= 0
                select new LearntStation(
                    network,
                    station.Mac,
                    isLocal ? PortName(station.Place.Port) : null,
                    isLocal ? null : station.Place.Vtep,
                    station.Silent));
        }

        return [.. found.OrderBy(s => s.Network, StringComparer.Ordinal).ThenBy(s => s.Mac.Value).Take(limit)];
    }

    /// <summary>Forgets stations that were learnt: of a network, behind a port, behind a VTEP; null for any.</summary>
    /// <returns>How many.</returns>
    public int ForgetStations(string? network, string? port, IpAddress? vtep)
    {
        int forgotten = 0;
        for (int i = 0; i < Processor.Snapshot.NetworkNames.Count; i++)
        {
            if (network is null || network == Processor.Snapshot.NetworkNames[i])
            {
                forgotten += State.Stations.Of(i)?.Forget(IsMeant) ?? 0;
            }
        }

        return forgotten;

        bool IsMeant(MacAddress mac, StationPlace place) =>
            (port is null || (place.Port >= 0 && PortName(place.Port) == port))
            && (vtep is null || (place.Port < 0 && place.Vtep == vtep));
    }

    public SwitchCounters ReadCounters()
    {
        _fast?.Settle();
        if (Processor.NowNs != long.MinValue)
        {
            State.Stations.Tend(Processor.NowNs);
            State.Flows.ExpireAll(Processor.NowNs);
        }

        var ports = new List<KeyValuePair<string, PortCounters>>();
        for (int i = 0; i < PortNames.Count; i++)
        {
            ports.Add(KeyValuePair.Create(PortNames[i], Processor.Counters(i)));
        }

        return new SwitchCounters(
            ports,
            [.. State.RuleCounters.Select(r => KeyValuePair.Create(r.Key, r.Value.Packets))],
            [.. State.Meters],
            [
                .. State.Stations.Counters.Select(
                    s => KeyValuePair.Create(Processor.Snapshot.NetworkNames[s.Key], s.Value)),
            ],
            State.Flows.Created,
            State.Flows.Count);
    }

    public void Dispose()
    {
        _fast?.Dispose();
        State.Dispose();
        Pool.Dispose();
    }

    private void FollowVteps(IReadOnlyList<(IpAddress Vtep, bool IsUp)> changes)
    {
        IReadOnlySet<IpAddress>? down = Processor.Snapshot.DownVteps;
        bool isChange = false;
        foreach ((IpAddress vtep, bool isUp) in changes)
        {
            isChange |= TryChangeVtep(down, vtep, isUp, out IReadOnlySet<IpAddress> next);
            down = next;
        }

        if (isChange)
        {
            Adopt(Prepare(Policy, Processor.NowNs, Processor.Snapshot, down));
        }
    }

    private NameDirectory PortNames => Processor.Snapshot.PortNames;

    /// <summary>Finds the mistakes of a policy.</summary>
    /// <exception cref="PolicyException">There are some.</exception>
    public static SwitchPolicy Validate(SwitchPolicy policy)
    {
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(policy);
        return errors.Count == 0 ? policy : throw new PolicyException(null, errors);
    }
}
