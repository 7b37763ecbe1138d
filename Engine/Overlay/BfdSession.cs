using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>One BFD session in asynchronous mode: the variables and procedures of RFC 5880 §6.8.</summary>
/// <remarks>
/// <code>
///                 +--+  UP, ADMIN DOWN, TIMER
///                 ▼  |
///        DOWN  +--------+  INIT
///     +--------|  Down  |--------+
///     |   ┌───►|        |◄───┐   |
///     |   │    +--------+    │   |        an arrow bears the state received;
///     ▼   │ ADMIN DOWN,      │   ▼        TIMER is the end of the detection time
///  +------+ TIMER      DOWN, │ +------+
///  | Init |       ADMIN DOWN,└-|  Up  |
///  +------+            TIMER   +------+
///     └────── INIT, UP ──────────►┘
/// </code>
/// Takes the active role, sends no echo packets, never asks for demand mode. Knows no clock and no wire: it is told
/// the time in nanoseconds, gives packets and takes them. Intervals are in microseconds, as packets carry them.
/// Thread: the worker's.
/// </remarks>
internal sealed class BfdSession
{
    /// <summary>Least interval, in microseconds, while the session is not up (RFC 5880 §6.8.3).</summary>
    public const uint SlowInterval = 1_000_000;

    private const long NsPerUs = 1000;

    // RFC 5880 §6.8.7: what jitter takes off, in 1/1024 of the interval.
    private const int JitterUnit = 1024;
    private const int MaxJitter = JitterUnit / 4;
    private const int MinJitterAlone = (JitterUnit / 10) + 1;

    private ulong _random;
    private uint _configuredTx;
    private bool _isPolling;
    private bool _hasPolled;
    private bool _isPollScheduled;
    private bool _mustAnswer;
    private bool _mustTell;
    private long _lastTxNs = long.MinValue;
    private long _lastRxNs = long.MinValue;
    private int _jitter;

    /// <summary>Makes a session that is down and has heard nothing.</summary>
    /// <param name="options">The intervals and the multiplier.</param>
    /// <param name="discriminator">The local discriminator, not 0.</param>
    /// <param name="seed">Where jitter comes from.</param>
    public BfdSession(BfdOptions options, uint discriminator, ulong seed)
    {
        LocalDiscriminator = discriminator;
        _random = seed;
        _configuredTx = Microseconds(options.MinTx);
        DesiredMinTx = ActiveMinTx = Math.Max(_configuredTx, SlowInterval);
        RequiredMinRx = ActiveMinRx = Microseconds(options.MinRx);
        DetectMultiplier = options.Multiplier;
    }

    /// <summary>bfd.SessionState.</summary>
    public BfdState State { get; private set; } = BfdState.Down;

    /// <summary>bfd.RemoteSessionState.</summary>
    public BfdState RemoteState { get; private set; } = BfdState.Down;

    /// <summary>bfd.LocalDiag.</summary>
    public BfdDiagnostic Diagnostic { get; private set; }

    /// <summary>The diagnostic that the other side told last.</summary>
    public BfdDiagnostic RemoteDiagnostic { get; private set; }

    /// <summary>bfd.LocalDiscr.</summary>
    public uint LocalDiscriminator { get; }

    /// <summary>bfd.RemoteDiscr; 0 while unknown.</summary>
    public uint RemoteDiscriminator { get; private set; }

    /// <summary>bfd.DesiredMinTxInterval, as it is told to the other side.</summary>
    public uint DesiredMinTx { get; private set; }

    /// <summary>bfd.RequiredMinRxInterval, as it is told to the other side.</summary>
    public uint RequiredMinRx { get; private set; }

    /// <summary>bfd.DetectMult.</summary>
    public byte DetectMultiplier { get; private set; }

    /// <summary>bfd.RemoteMinRxInterval.</summary>
    public uint RemoteMinRx { get; private set; } = 1;

    /// <summary>The Desired Min TX Interval received last.</summary>
    public uint RemoteMinTx { get; private set; }

    /// <summary>The Detect Mult received last.</summary>
    public byte RemoteMultiplier { get; private set; } = 1;

    /// <summary>bfd.RemoteDemandMode.</summary>
    public bool IsRemoteInDemandMode { get; private set; }

    /// <summary>True while a poll sequence runs, or is to.</summary>
    public bool IsPolling => _isPolling || _isPollScheduled;

    /// <summary>Times that the session has ceased to be up.</summary>
    public long Flaps { get; private set; }

    /// <summary>True once the session has been up.</summary>
    public bool HasBeenUp { get; private set; }

    /// <summary>The agreed interval between packets sent, before jitter.</summary>
    public uint TransmitInterval => Math.Max(ActiveMinTx, RemoteMinRx);

    /// <summary>The detection time, in nanoseconds (RFC 5880 §6.8.4); 0 before the first packet.</summary>
    public long DetectionTimeNs => _lastRxNs == long.MinValue
        ? 0
        : RemoteMultiplier * (long)Math.Max(ActiveMinRx, RemoteMinTx) * NsPerUs;

    /// <summary>
    /// The other side's detection time, in nanoseconds, once it knows of what is transmitted next.
    /// </summary>
    public long RemoteDetectionTimeNs => DetectMultiplier * (long)TransmitInterval * NsPerUs;

    /// <summary>When <see cref="Tend"/> or <see cref="TryTransmit"/> has something to do next.</summary>
    public long DueNs => Math.Min(NextTransmitNs, DetectNs);

    // What transmission and detection go by: the old values, until a poll sequence has told the other side.
    private uint ActiveMinTx { get; set; }

    private uint ActiveMinRx { get; set; }

    // The discriminator is forgotten with the detection time, whatever the state.
    private long DetectNs => RemoteDiscriminator == 0 ? long.MaxValue : _lastRxNs + DetectionTimeNs;

    private long NextTransmitNs =>
        _mustAnswer || _mustTell || _lastTxNs == long.MinValue ? long.MinValue / 2
        : !SendsPeriodically ? long.MaxValue
        : _lastTxNs + (TransmitInterval * NsPerUs * (JitterUnit - _jitter) / JitterUnit);

    // RFC 5880 §6.8.7. Before the first packet, RemoteMinRx is 1.
    private bool SendsPeriodically => RemoteMinRx != 0 && (!IsRemoteActiveInDemandMode || _isPolling);

    private bool IsRemoteActiveInDemandMode =>
        IsRemoteInDemandMode && State == BfdState.Up && RemoteState == BfdState.Up;

    /// <summary>Takes other intervals or another multiplier (RFC 5880 §6.8.3, §6.8.12).</summary>
    public void Configure(BfdOptions options)
    {
        _configuredTx = Microseconds(options.MinTx);
        DetectMultiplier = options.Multiplier;
        SetIntervals(Microseconds(options.MinRx));
    }

    /// <summary>Takes the session down for good; what is transmitted from then on says so.</summary>
    public void Disable()
    {
        Diagnostic = BfdDiagnostic.AdministrativelyDown;
        Enter(BfdState.AdminDown);
    }

    /// <summary>
    /// Takes a packet of the session, from where RFC 5880 §6.8.6 sets bfd.RemoteDiscr on: what is to be discarded was
    /// so before.
    /// </summary>
    public void Receive(in BfdPacket packet, long nowNs)
    {
        RemoteDiscriminator = packet.MyDiscriminator;
        RemoteState = packet.State;
        RemoteDiagnostic = packet.Diagnostic;
        IsRemoteInDemandMode = packet.IsDemand;
        RemoteMinRx = packet.RequiredMinRx;
        RemoteMinTx = packet.DesiredMinTx;
        RemoteMultiplier = packet.DetectMultiplier;
        EndPoll(packet.IsFinal);
        _lastRxNs = nowNs;
        if (State == BfdState.AdminDown)
        {
            return;
        }

        Follow(packet.State);
        _mustAnswer |= packet.IsPoll;
    }

    /// <summary>Ends the session when its detection time is over.</summary>
    public void Tend(long nowNs)
    {
        if (nowNs < DetectNs)
        {
            return;
        }

        RemoteDiscriminator = 0;
        if (State is BfdState.Init or BfdState.Up)
        {
            Diagnostic = BfdDiagnostic.DetectionTimeExpired;
            Enter(BfdState.Down);
        }
    }

    /// <summary>Gives the packet that is due, if one is; an answer to a poll goes before any other.</summary>
    public bool TryTransmit(long nowNs, out BfdPacket packet)
    {
        packet = default;
        if (nowNs < NextTransmitNs)
        {
            return false;
        }

        bool isFinal = _mustAnswer;
        bool isPoll = _isPolling && !isFinal;
        packet = new BfdPacket(
            State,
            Diagnostic,
            isPoll,
            isFinal,
            DetectMultiplier,
            LocalDiscriminator,
            RemoteDiscriminator,
            DesiredMinTx,
            RequiredMinRx);
        _mustAnswer = false;
        _mustTell = false;
        _hasPolled |= isPoll;

        // Answers are sent besides the periodic packets (RFC 5880 §6.5), and must not hold a poll back.
        if (!isFinal || _lastTxNs == long.MinValue)
        {
            _lastTxNs = nowNs;
            _jitter = NextJitter();
        }

        return true;
    }

    private static uint Microseconds(TimeSpan time) => (uint)(time.Ticks / TimeSpan.TicksPerMicrosecond);

    // The state machine, RFC 5880 §6.8.6.
    private void Follow(BfdState received)
    {
        bool isToldDown = received == BfdState.AdminDown
            ? State != BfdState.Down
            : State == BfdState.Up && received == BfdState.Down;
        if (isToldDown)
        {
            Diagnostic = BfdDiagnostic.NeighborSignaledDown;
            Enter(BfdState.Down);
            return;
        }

        switch (State, received)
        {
            case (BfdState.Down, BfdState.Down):
                Enter(BfdState.Init);
                break;
            case (BfdState.Down, BfdState.Init) or (BfdState.Init, BfdState.Init or BfdState.Up):
                Diagnostic = BfdDiagnostic.None;
                Enter(BfdState.Up);
                break;
        }
    }

    private void Enter(BfdState state)
    {
        Flaps += State == BfdState.Up ? 1 : 0;
        HasBeenUp |= state == BfdState.Up;
        State = state;
        _mustTell = true;
        SetIntervals(RequiredMinRx);
    }

    private void SetIntervals(uint requiredMinRx)
    {
        bool isUp = State == BfdState.Up;
        uint desiredMinTx = isUp ? _configuredTx : Math.Max(_configuredTx, SlowInterval);
        if (desiredMinTx != DesiredMinTx || requiredMinRx != RequiredMinRx)
        {
            RequestPoll();
        }

        (DesiredMinTx, RequiredMinRx) = (desiredMinTx, requiredMinRx);

        // RFC 5880 §6.8.3: sending less often, or expecting packets more often, waits until the other side knows.
        ActiveMinTx = isUp ? Math.Min(ActiveMinTx, desiredMinTx) : desiredMinTx;
        ActiveMinRx = isUp ? Math.Max(ActiveMinRx, requiredMinRx) : requiredMinRx;
    }

    // RFC 5880 §6.8.3: what is changed while a poll is under way has one of its own, behind it.
    private void RequestPoll()
    {
        _isPollScheduled |= _isPolling && _hasPolled;
        _isPolling = true;
    }

    private void EndPoll(bool isFinal)
    {
        if (_isPolling && _hasPolled && isFinal)
        {
            (_isPolling, _hasPolled) = (false, false);
        }
        else if (_isPollScheduled && !_isPolling && !isFinal)
        {
            (_isPolling, _isPollScheduled) = (true, false);
        }

        if (!IsPolling)
        {
            (ActiveMinTx, ActiveMinRx) = (DesiredMinTx, RequiredMinRx);
        }
    }

    // 0 to 25 %; with a multiplier of 1 at least 10 %, so that the other side does not see the session fail.
    private int NextJitter()
    {
        int least = DetectMultiplier == 1 ? MinJitterAlone : 0;
        _random = FlowHash.Mix(_random, LocalDiscriminator);
        return least + (int)((_random >> 32) % (ulong)(MaxJitter - least + 1));
    }
}
