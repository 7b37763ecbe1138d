using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>
/// The next hops that the policy does not name: those that the engine resolves itself, by ARP and neighbour discovery,
/// and those that the machine resolves.
/// </summary>
/// <remarks>
/// <code>
/// Use ─► Incomplete ──heard──► Reachable ──60 s──► Stale ──60 s without use──► gone
///          │ 3 requests, 1 s apart  ▲                │ Use
///          ▼                        └────heard──── Probe ──3 requests──► gone, and asked for anew
///        Failed ──back-off 1, 2, 4 … 30 s, then Use, or while it is avoided──► Incomplete
/// </code>
/// A neighbour of the machine's takes the same way, but it is asked by the machine, which is told that it is used where
/// the engine would probe, and whose word is taken for everything: one that it knows no more is gone at once.
/// Only addresses that a packet was sent to have an entry; what is heard of others is ignored. Time is what it is told:
/// by a frame, or by a live switch's clock while none comes. Its size is bounded, and so is the number of frames that
/// wait in it.
/// Thread: the worker's.
/// </remarks>
/// <param name="capacity">Most neighbours.</param>
/// <param name="waitingCapacity">Most frames that wait for any of them.</param>
/// <param name="host">What the machine knows; null where it is not asked.</param>
internal sealed class NeighborTable(int capacity, int waitingCapacity, HostTables? host = null)
{
    /// <summary>Most neighbours of a switch.</summary>
    public const int MaxNeighbors = 1024;

    /// <summary>Most frames that wait for one neighbour (RFC 1122 §2.3.2.2 asks for one at least).</summary>
    public const int MaxWaiting = 3;

    /// <summary>Most requests for one answer (MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT, RFC 4861 §10).</summary>
    public const int MaxTries = 3;

    /// <summary>Between two requests (RETRANS_TIMER, RFC 4861 §10; RFC 1122 §2.3.2.1).</summary>
    public const long RetryNs = SecondNs;

    /// <summary>How long a confirmation lasts, and how long an entry is kept that nobody uses.</summary>
    public const long LifetimeNs = 60 * SecondNs;

    private const long SecondNs = 1_000_000_000;
    private const int MaxBackOffSeconds = 30;

    private readonly Dictionary<(int Port, IpAddress Address), UnderlayNeighbor> _byAddress = [];
    private readonly List<UnderlayNeighbor> _all = [];
    private long _nextNs = long.MaxValue;

    /// <summary>Number of entries.</summary>
    public int Count => _all.Count;

    /// <summary>Number of frames that wait.</summary>
    public int Waiting { get; private set; }

    /// <summary>Another number whenever a MAC address that packets may be sent to is so no longer.</summary>
    public uint Version { get; private set; }

    /// <summary>When <see cref="Tend"/> has something to do next.</summary>
    public long NextNs => _nextNs;

    /// <summary>Finds a next hop for a packet, and has it asked for where that is due.</summary>
    /// <param name="port">Index of the uplink.</param>
    /// <param name="local">The uplink's own address.</param>
    /// <param name="address">The neighbour's address.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="isHost">Whether the machine resolves it.</param>
    /// <returns>
    /// The neighbour, for which packets may wait while it has no MAC address; null when it does not answer, or there is
    /// no room for it.
    /// </returns>
    public UnderlayNeighbor? Use(int port, IpAddress local, IpAddress address, long nowNs, bool isHost = false)
    {
        if (!_byAddress.TryGetValue((port, address), out UnderlayNeighbor? neighbor))
        {
            if (_all.Count >= capacity)
            {
                return null;
            }

            neighbor = new UnderlayNeighbor(port, address, isHost);
            _byAddress.Add((port, address), neighbor);
            _all.Add(neighbor);
            Begin(neighbor, NeighborState.Incomplete, nowNs);
            if (isHost && host is not null && host.TryFindNeighbor(port, address, out HostNeighbor known))
            {
                Believe(neighbor, known, nowNs);
            }
        }

        neighbor.Local = local;
        switch (neighbor.State)
        {
            case NeighborState.Failed when nowNs < neighbor.AgainNs:
                return null;
            case NeighborState.Failed:
                Begin(neighbor, NeighborState.Incomplete, nowNs);
                break;
            case NeighborState.Stale:
                Begin(neighbor, NeighborState.Probe, nowNs);
                break;
        }

        return neighbor;
    }

    /// <summary>
    /// Finds a next hop for a packet that can take another one, and has it asked for, again and again while it does
    /// not answer.
    /// </summary>
    /// <returns>The neighbour; null while it has no MAC address.</returns>
    public UnderlayNeighbor? UseKnown(int port, IpAddress local, IpAddress address, long nowNs, bool isHost)
    {
        if (Use(port, local, address, nowNs, isHost) is { Mac.IsZero: false } known)
        {
            return known;
        }

        if (_byAddress.TryGetValue((port, address), out UnderlayNeighbor? neighbor))
        {
            neighbor.IsAvoided = true;
            neighbor.DueNs = neighbor.State == NeighborState.Failed ? neighbor.AgainNs : neighbor.DueNs;
            _nextNs = Math.Min(_nextNs, neighbor.DueNs);
        }

        return null;
    }

    /// <summary>Forgets who is avoided: another policy may have other next hops, and packets will tell.</summary>
    public void ForgetAvoided()
    {
        foreach (UnderlayNeighbor neighbor in _all)
        {
            neighbor.IsAvoided = false;
        }
    }

    /// <summary>
    /// Has a frame wait for a neighbour that is being asked for; where there is no room the oldest one goes.
    /// </summary>
    /// <returns>False when there is no room for it at all.</returns>
    public bool TryHold(in WaitingFrame frame, INeighborLink link)
    {
        (int, IpAddress) key = (frame.Tunnel.Uplink, frame.Tunnel.NextHopAddress);
        if (!_byAddress.TryGetValue(key, out UnderlayNeighbor? neighbor)
            || neighbor.State != NeighborState.Incomplete)
        {
            return false;
        }

        bool isFull = neighbor.Waiting.Count == MaxWaiting || Waiting == waitingCapacity;
        if (isFull && neighbor.Waiting.TryDequeue(out WaitingFrame oldest))
        {
            Waiting--;
            link.Drop(oldest);
        }

        if (Waiting == waitingCapacity)
        {
            return false;
        }

        neighbor.Waiting.Enqueue(frame);
        Waiting++;
        return true;
    }

    /// <summary>Learns what a neighbour says of itself.</summary>
    /// <returns>False when nobody has asked for it.</returns>
    public bool TryHear(int port, in NeighborNews news, long nowNs)
    {
        if (!_byAddress.TryGetValue((port, news.Address), out UnderlayNeighbor? neighbor) || neighbor.IsHost)
        {
            return false;
        }

        bool isKnown = !neighbor.Mac.IsZero;
        bool isSame = news.Mac.IsZero || news.Mac == neighbor.Mac;
        if (!isKnown && news.Mac.IsZero)
        {
            return true; // RFC 4861 §7.2.5: an advertisement without the address is no answer.
        }

        if (isKnown && !isSame && !news.IsOverride)
        {
            // Two stations claim the address: the known one has to confirm it.
            if (neighbor.State == NeighborState.Reachable)
            {
                Settle(neighbor, NeighborState.Stale, nowNs);
            }

            return true;
        }

        if (!isSame)
        {
            // Packets that took another next hop meanwhile are to take this one.
            Version += isKnown || neighbor.IsAvoided ? 1u : 0;
            neighbor.IsAvoided = false;
            neighbor.Mac = news.Mac;
        }

        if (news.IsConfirmed)
        {
            Settle(neighbor, NeighborState.Reachable, nowNs);
        }
        else if (!isSame)
        {
            Settle(neighbor, NeighborState.Stale, nowNs);
        }

        return true;
    }

    /// <summary>Learns what the machine says of one of its neighbours.</summary>
    public void Follow(int port, in HostNeighbor news, long nowNs, INeighborLink link)
    {
        if (_byAddress.TryGetValue((port, news.Address), out UnderlayNeighbor? neighbor) && neighbor.IsHost)
        {
            if (news.State != HostNeighborState.Unknown)
            {
                Believe(neighbor, news, nowNs);
            }
            else if (!neighbor.Mac.IsZero)
            {
                // Asked for again when a packet wants it.
                Remove(_all.IndexOf(neighbor), link);
            }
        }
    }

    /// <summary>Follows all that the machine knows, once it was read anew.</summary>
    public void FollowAll(long nowNs, INeighborLink link)
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            UnderlayNeighbor neighbor = _all[i];
            HostNeighbor known = default;
            bool isKnown = neighbor.IsHost
                && host is not null
                && host.TryFindNeighbor(neighbor.Port, neighbor.Address, out known);
            if (isKnown && known.Mac != neighbor.Mac)
            {
                Believe(neighbor, known, nowNs);
            }
            else if (!isKnown && neighbor.IsHost && !neighbor.Mac.IsZero)
            {
                Remove(i, link);
            }
        }
    }

    /// <summary>Does what is due: requests, frames that can leave now, entries that end.</summary>
    public void Tend(long nowNs, INeighborLink link)
    {
        if (nowNs < _nextNs)
        {
            return;
        }

        _nextNs = long.MaxValue;
        for (int i = 0; i < _all.Count; i++)
        {
            UnderlayNeighbor neighbor = _all[i];
            while (!neighbor.Mac.IsZero && neighbor.Waiting.TryDequeue(out WaitingFrame frame))
            {
                Waiting--;
                link.Send(frame, neighbor.Mac);
            }

            if (nowNs >= neighbor.DueNs && !Advance(neighbor, nowNs, link))
            {
                Remove(i--, link);
                continue;
            }

            _nextNs = Math.Min(_nextNs, neighbor.DueNs);
        }
    }

    /// <summary>Ends the entries that a condition does not hold for, and drops what waits for them.</summary>
    public void Retain(Predicate<UnderlayNeighbor> condition, INeighborLink link)
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            if (!condition(_all[i]))
            {
                Remove(i, link);
            }
        }
    }

    /// <summary>Takes the next step of a neighbour whose time has come.</summary>
    /// <returns>False when its entry ends.</returns>
    private bool Advance(UnderlayNeighbor neighbor, long nowNs, INeighborLink link)
    {
        switch (neighbor.State)
        {
            case NeighborState.Probe when neighbor.IsHost:
                // The machine asks as often as it sees fit, and tells when nobody answers.
                neighbor.State = NeighborState.Reachable;
                neighbor.DueNs = nowNs + LifetimeNs;
                link.Ask(neighbor);
                return true;
            case NeighborState.Incomplete or NeighborState.Probe when neighbor.Tries < MaxTries:
                neighbor.Tries++;
                neighbor.DueNs = nowNs + RetryNs;
                link.Ask(neighbor);
                return true;
            case NeighborState.Incomplete:
                int seconds = Math.Min(MaxBackOffSeconds, 1 << Math.Min(neighbor.Failures, 5));
                neighbor.Failures++;
                neighbor.State = NeighborState.Failed;
                neighbor.AgainNs = nowNs + (seconds * SecondNs);
                neighbor.DueNs = neighbor.AgainNs + (neighbor.IsAvoided ? 0 : LifetimeNs);
                DropWaiting(neighbor, link);
                return true;
            case NeighborState.Reachable:
                Settle(neighbor, NeighborState.Stale, nowNs);
                return true;
            case NeighborState.Failed when neighbor.IsAvoided:
                Begin(neighbor, NeighborState.Incomplete, nowNs);
                return Advance(neighbor, nowNs, link);
            default:
                return false;
        }
    }

    private void Believe(UnderlayNeighbor neighbor, in HostNeighbor known, long nowNs)
    {
        Version += !neighbor.Mac.IsZero && neighbor.Mac != known.Mac ? 1u : 0;
        neighbor.Mac = known.Mac;
        bool isStale = known.State == HostNeighborState.Stale;
        if (!isStale || neighbor.State != NeighborState.Stale)
        {
            Settle(neighbor, isStale ? NeighborState.Stale : NeighborState.Reachable, nowNs);
        }
    }

    private void Begin(UnderlayNeighbor neighbor, NeighborState state, long nowNs)
    {
        neighbor.State = state;
        neighbor.Tries = 0;
        neighbor.DueNs = nowNs;
        _nextNs = Math.Min(_nextNs, nowNs);
    }

    // A stale neighbour is to be noticed when it is used, so nobody may go on using it unseen.
    private void Settle(UnderlayNeighbor neighbor, NeighborState state, long nowNs)
    {
        Version += state == NeighborState.Stale && neighbor.State != NeighborState.Incomplete ? 1u : 0;
        neighbor.State = state;
        neighbor.Failures = 0;
        neighbor.DueNs = nowNs + LifetimeNs;
        _nextNs = Math.Min(_nextNs, neighbor.Waiting.Count > 0 ? nowNs : neighbor.DueNs);
    }

    private void Remove(int index, INeighborLink link)
    {
        UnderlayNeighbor neighbor = _all[index];
        _all.RemoveAt(index);
        _byAddress.Remove((neighbor.Port, neighbor.Address));
        Version += neighbor.Mac.IsZero ? 0 : 1u;
        DropWaiting(neighbor, link);
    }

    private void DropWaiting(UnderlayNeighbor neighbor, INeighborLink link)
    {
        while (neighbor.Waiting.TryDequeue(out WaitingFrame frame))
        {
            Waiting--;
            link.Drop(frame);
        }
    }
}
