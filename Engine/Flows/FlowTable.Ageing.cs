using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <content>How flows grow old: TCP states, idle timeouts, and who goes first when the table is full.</content>
internal sealed partial class FlowTable
{
    private const int SweepBudget = 64;

    private readonly AgingWheel _wheel;
    private int _halfOpenFirst = -1;
    private int _halfOpenLast = -1;
    private long _lastFullSweep = long.MinValue;

    /// <summary>Takes note of a packet of a pair; one that is not in the table only remembers it.</summary>
    public void Touch(int pair, bool isForward, TcpFlags flags, long nowNs)
    {
        int entry = EntryOf(pair, isForward);
        _entries[entry].LastUsedNs = nowNs;
        Kinds.AddPackets(entry, 1);
        ref FlowState state = ref _states[pair];
        (TcpState tcp, FlowFlags had) = (state.Tcp, state.Flags);
        state.Flags |= isForward ? FlowFlags.None : FlowFlags.Replied;
        if (tcp != TcpState.None)
        {
            AdvanceTcp(ref state, OriginOf(pair).TcpFlags, isForward, flags);
        }

        if (state.Tcp != tcp || state.Flags != had)
        {
            ChangeTimeout(pair, nowNs);
        }
    }

    /// <summary>Removes pairs that have been idle too long.</summary>
    /// <param name="nowNs">The time.</param>
    /// <param name="budget">Most pairs to look at, so that a call's cost is bounded.</param>
    public void Expire(long nowNs, int budget)
    {
        for (; budget > 0; budget--)
        {
            int pair = _wheel.TakeDue(nowNs);
            if (pair < 0)
            {
                return;
            }

            // Back into the wheel in any case: removal takes it out again.
            long deadline = LastUsedNs(pair) + _states[pair].TimeoutNs;
            _wheel.Add(pair, Math.Max(deadline, nowNs), nowNs);
            if (deadline <= nowNs)
            {
                Remove(new FlowPair(this, pair));
            }
        }
    }

    /// <summary>Removes every pair that has been idle too long, looking at all of them.</summary>
    public void ExpireAll(long nowNs)
    {
        _lastFullSweep = AgingWheel.TickOf(nowNs);
        for (int i = 1; i < _used; i++)
        {
            if (Has(i, FlowFlags.Installed) && IsExpired(i, nowNs))
            {
                Remove(new FlowPair(this, i));
            }
        }
    }

    // So that a full table does not cost a search for every packet, one in a tick is enough.
    private bool TryExpireAll(long nowNs)
    {
        if (AgingWheel.TickOf(nowNs) == _lastFullSweep)
        {
            return false;
        }

        ExpireAll(nowNs);
        return true;
    }

    private bool IsExpired(int pair, long nowNs) => nowNs - LastUsedNs(pair) >= _states[pair].TimeoutNs;

    private long Packets(int pair) => PacketsOf(pair) + PacketsOf(ReverseOf(pair));

    private bool IsHalfOpen(int pair) =>
        !Has(pair, FlowFlags.Replied) || _states[pair].Tcp == TcpState.HalfOpen;

    private void StartAgeing(int pair, long nowNs)
    {
        _wheel.Add(pair, LastUsedNs(pair) + _states[pair].TimeoutNs, nowNs);
        if (IsHalfOpen(pair))
        {
            ListHalfOpen(pair);
        }
    }

    private void StopAgeing(int pair)
    {
        _wheel.Remove(pair);
        UnlistHalfOpen(pair);
    }

    private void ChangeTimeout(int pair, long nowNs)
    {
        ref FlowState state = ref _states[pair];
        long before = state.TimeoutNs;
        UpdateTimeout(pair);
        Shortenings += state.TimeoutNs < before ? 1 : 0;
        if ((state.Flags & FlowFlags.Installed) == FlowFlags.None)
        {
            return;
        }

        // A longer timeout shows when the pair comes up at its old time.
        if (state.TimeoutNs < before)
        {
            _wheel.Remove(pair);
            _wheel.Add(pair, nowNs + state.TimeoutNs, nowNs);
        }

        if (!IsHalfOpen(pair))
        {
            UnlistHalfOpen(pair);
        }
    }

    private void UpdateTimeout(int pair)
    {
        ref FlowState state = ref _states[pair];
        state.TimeoutNs = TimeoutNs(pair);
        bool replied = (state.Flags & FlowFlags.Replied) != FlowFlags.None;
        Update(pair, state.TimeoutNs, isSteady: state.Tcp != TcpState.HalfOpen || !replied);
        Update(ReverseOf(pair), state.TimeoutNs, isSteady: replied);
    }

    private void Update(int entry, long timeoutNs, bool isSteady)
    {
        _entries[entry].IsSteady = isSteady;
        if (isSteady)
        {
            Kinds.SetTimeout(entry, timeoutNs);
        }
        else
        {
            Kinds.Clear(entry);
        }
    }

    private bool MakeRoom(long nowNs)
    {
        if (Count < _limit)
        {
            return true;
        }

        Expire(nowNs, SweepBudget);
        if (Count >= _limit && OldestHalfOpen() is >= 0 and int oldest)
        {
            Remove(new FlowPair(this, oldest));
        }

        return Count < _limit || (TryExpireAll(nowNs) && Count < _limit);
    }

    /// <summary>
    /// The half-open pair that was not used for longest, near enough: one used since it was listed gets a second
    /// chance.
    /// </summary>
    private int OldestHalfOpen()
    {
        for (int chances = SweepBudget; chances > 0 && _halfOpenFirst >= 0; chances--)
        {
            int pair = _halfOpenFirst;
            if ((uint)Packets(pair) == _states[pair].HalfOpenPackets)
            {
                return pair;
            }

            UnlistHalfOpen(pair);
            ListHalfOpen(pair);
        }

        return _halfOpenFirst;
    }

    private void ListHalfOpen(int pair)
    {
        ref FlowState state = ref _states[pair];
        state.Flags |= FlowFlags.ListedHalfOpen;

        // The packet that makes a pair is no use of it.
        state.HalfOpenPackets = (uint)Math.Max(Packets(pair), 1);
        state.HalfOpenNext = -1;
        state.HalfOpenPrevious = _halfOpenLast;
        if (_halfOpenLast >= 0)
        {
            _states[_halfOpenLast].HalfOpenNext = pair;
        }
        else
        {
            _halfOpenFirst = pair;
        }

        _halfOpenLast = pair;
    }

    private void UnlistHalfOpen(int pair)
    {
        ref FlowState state = ref _states[pair];
        if ((state.Flags & FlowFlags.ListedHalfOpen) == FlowFlags.None)
        {
            return;
        }

        state.Flags &= ~FlowFlags.ListedHalfOpen;
        if (state.HalfOpenPrevious >= 0)
        {
            _states[state.HalfOpenPrevious].HalfOpenNext = state.HalfOpenNext;
        }
        else
        {
            _halfOpenFirst = state.HalfOpenNext;
        }

        if (state.HalfOpenNext >= 0)
        {
            _states[state.HalfOpenNext].HalfOpenPrevious = state.HalfOpenPrevious;
        }
        else
        {
            _halfOpenLast = state.HalfOpenPrevious;
        }
    }

    private long TimeoutNs(int pair)
    {
        TcpState tcp = _states[pair].Tcp;
        bool isLive = tcp is TcpState.None or TcpState.Established or TcpState.Closing;
        TimeSpan timeout = isLive && LayersOf(pair).IdleTimeout is TimeSpan own ? own
            : Has(pair, FlowFlags.Translates) ? TranslatedTimeout(pair, tcp)
            : PlainTimeout(pair, tcp);
        return Math.Clamp(timeout.Ticks, 0, FlowTimeouts.Longest.Ticks) * TimeSpan.NanosecondsPerTick;
    }

    private TimeSpan PlainTimeout(int pair, TcpState tcp) => _entries[pair].Key.Protocol switch
    {
        IpProtocol.Tcp => tcp switch
        {
            TcpState.HalfOpen => _timeouts.TcpHalfOpen,
            TcpState.TimeWait => _timeouts.TcpTimeWait,
            TcpState.Reset => _timeouts.TcpReset,
            _ => _timeouts.TcpEstablished,
        },
        IpProtocol.Icmp or IpProtocol.Icmpv6 => _timeouts.Icmp,
        _ => Has(pair, FlowFlags.Replied) ? _timeouts.UdpReplied : _timeouts.UdpUnreplied,
    };

    private TimeSpan TranslatedTimeout(int pair, TcpState tcp) => _entries[pair].Key.Protocol switch
    {
        IpProtocol.Tcp => tcp is TcpState.Established or TcpState.Closing
            ? _timeouts.NatTcpEstablished
            : _timeouts.NatTcpTransitory,
        IpProtocol.Icmp or IpProtocol.Icmpv6 => _timeouts.NatIcmp,
        _ => _timeouts.NatUdp,
    };

    private static void AdvanceTcp(ref FlowState state, TcpFlags first, bool isForward, TcpFlags flags)
    {
        if ((flags & TcpFlags.Rst) != TcpFlags.None)
        {
            state.Tcp = TcpState.Reset;
            return;
        }

        if ((flags & TcpFlags.Fin) != TcpFlags.None)
        {
            state.Flags |= isForward ? FlowFlags.ForwardClosed : FlowFlags.ReverseClosed;
        }

        if (state.Tcp is TcpState.TimeWait or TcpState.Reset)
        {
            return;
        }

        // The handshake is over when the initiator acknowledges what the other side has sent; a connection that was
        // picked up in the middle counts from its first answer.
        bool replied = (state.Flags & FlowFlags.Replied) != FlowFlags.None;
        bool midStream = (first & TcpFlags.Syn) == TcpFlags.None;
        bool acknowledged = isForward && replied && (flags & TcpFlags.Ack) != TcpFlags.None;
        if (state.Tcp == TcpState.HalfOpen && (acknowledged || (midStream && !isForward)))
        {
            state.Tcp = TcpState.Established;
        }

        const FlowFlags BothClosed = FlowFlags.ForwardClosed | FlowFlags.ReverseClosed;
        FlowFlags closed = state.Flags & BothClosed;
        if (closed == BothClosed)
        {
            state.Tcp = TcpState.TimeWait;
        }
        else if (state.Tcp == TcpState.Established && closed != FlowFlags.None)
        {
            state.Tcp = TcpState.Closing;
        }
    }
}
