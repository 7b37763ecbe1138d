using VxlanEngine.Flows;
using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>One of a switch's workers: shares nothing, and takes bursts of frames from reception to fate.</summary>
/// <remarks>
/// <code>
/// burst boundary: take over a policy ─► receive ─► learn who has which flows ─► steer ─┬ mine: SwitchCore
///                                    ─► take from the other workers' lanes ─► … steer ─┘ others': their lanes
/// </code>
/// A frame goes to the owner of its shard, and from there, if a stub says so, to the worker that has the flow. Lanes
/// keep order and the way of a flow's frames is the same while the flow lives, so their order is kept.
/// Where frames come to their owners, as a network adapter or a fan-out sends them, only those are steered that the
/// fast path does not know: what it repeats was this worker's before. That is so as long as no flow is anywhere but
/// where its packets' hash says. Thread: the worker's, unless said otherwise.
/// </remarks>
internal sealed class Worker : IDisposable, IFrameOwner
{
    /// <summary>Most bursts that are taken to their fate before ports send what they have taken.</summary>
    public const int BurstsInTurn = 4;

    private const int BurstLength = 64;

    // One of so many frames may be another worker's for the next burst to be taken for one that comes to its owner.
    private const int FewForeign = 8;

    private readonly int _number;
    private readonly SwitchCore _core;
    private readonly IWorkerPort _port;
    private readonly WorkerLinks _links;
    private readonly FlowOwnership _ownership;
    private readonly FlowShards _shards;
    private readonly FlowStubs _stubs;
    private readonly FragmentDirectory _datagrams;
    private readonly Steering _steering;
    private readonly FrameDescriptor[] _burst = new FrameDescriptor[BurstLength];
    private readonly HandedFrame[] _handed = new HandedFrame[HandoverLane.BatchLength];
    private readonly ulong[] _hashes = new ulong[BurstLength];
    private PolicySnapshot? _published;
    private Action<Worker>? _question;
    private bool _isPreSteered = true;
    private int _foreign;
    private long _handedOut;
    private long _takenIn;
    private int _phase;

    /// <summary>Makes a worker with its share of a switch.</summary>
    public Worker(int number, SwitchCore core, IWorkerPort port, WorkerLinks links, FlowOwnership ownership)
    {
        _number = number;
        _core = core;
        _port = port;
        _links = links;
        _ownership = ownership;
        _shards = ownership.Shards;
        _stubs = new FlowStubs(links.Stubs, number);
        _datagrams = new FragmentDirectory(core.Limits.Datagrams, core.Limits.DatagramTimeout);
        _steering = new Steering(_shards, core.Pool);
        _steering.Adopt(core.Processor.Snapshot);
        core.Processor.StartIdentification((ushort)(number * 65536 / links.Workers));
    }

    /// <summary>Its number, from 0.</summary>
    public int Number => _number;

    /// <summary>The worker's share of the switch.</summary>
    public SwitchCore Core => _core;

    /// <summary>Frames put on other workers' lanes so far. Thread: any.</summary>
    public long HandedOut => Volatile.Read(ref _handedOut);

    /// <summary>Frames taken from other workers' lanes and dealt with so far. Thread: any.</summary>
    public long TakenIn => Volatile.Read(ref _takenIn);

    /// <summary>True when the last burst that was received was as long as can be, so that more may wait.</summary>
    public bool HasFullBurst { get; private set; }

    /// <summary>The phase that the worker has noticed. Thread: any.</summary>
    public WorkerPhase Phase => (WorkerPhase)Volatile.Read(ref _phase);

    /// <summary>Leaves a policy for the worker to take over at its next burst boundary. Thread: any.</summary>
    public void Publish(PolicySnapshot snapshot) => Volatile.Write(ref _published, snapshot);

    /// <summary>
    /// Leaves a question for the worker to answer at its next burst boundary; one at a time. Thread: any.
    /// </summary>
    public void Ask(Action<Worker> question) => Volatile.Write(ref _question, question);

    /// <summary>True when others have left something for the worker. Thread: the worker's.</summary>
    public bool HasWork()
    {
        bool isAsked = Volatile.Read(ref _published) is not null || Volatile.Read(ref _question) is not null;
        for (int from = 0; from < _links.Workers && !isAsked; from++)
        {
            isAsked = from != _number && _links.Lane(from, _number).HasFrames;
        }

        return isAsked;
    }

    /// <summary>Does what is due between two bursts.</summary>
    /// <param name="phase">What workers are to do now.</param>
    public void CrossBoundary(WorkerPhase phase)
    {
        if (Volatile.Read(ref _published) is not null)
        {
            PolicySnapshot snapshot = Interlocked.Exchange(ref _published, null)!;
            _core.Adopt(snapshot);
            _steering.Adopt(snapshot);
        }

        if (Volatile.Read(ref _question) is not null)
        {
            Interlocked.Exchange(ref _question, null)!(this);
        }

        Volatile.Write(ref _phase, (int)phase);
    }

    /// <summary>Takes one burst from the port, and one from every other worker, to their fate.</summary>
    /// <param name="receives">Whether frames are taken from the port.</param>
    /// <returns>False when there was nothing to do.</returns>
    public bool RunOnce(bool receives)
    {
        int count = receives ? _port.Receive(_core.Pool, _burst) : 0;
        HasFullBurst = count == BurstLength;
        if (_links.Workers == 1)
        {
            _core.Process(_burst.AsSpan(0, count));
            return count > 0;
        }

        if (count > 0)
        {
            _stubs.Update();
            _foreign = 0;
            if (_isPreSteered && _stubs.Count == 0 && _ownership.Announced == 0)
            {
                _core.Process(_burst.AsSpan(0, count), this);
            }
            else
            {
                Steer(count);
            }

            PublishLanes();
            _isPreSteered = _foreign <= count / FewForeign;
        }

        bool isBusy = count > 0;
        for (int from = 0; from < _links.Workers; from++)
        {
            isBusy |= from != _number && TakeFrom(_links.Lane(from, _number));
        }

        _ownership.SendRest();
        return isBusy;
    }

    /// <inheritdoc/>
    public void Dispose() => _core.Dispose();

    /// <inheritdoc/>
    bool IFrameOwner.TryKeep(in FrameDescriptor frame)
    {
        _steering.Hash(new ReadOnlySpan<FrameDescriptor>(in frame), _hashes);
        ulong hash = _hashes[0];
        int to = Find(frame, ref hash, out bool isFinal);
        if (to == _number)
        {
            return true;
        }

        HandOver(frame, to, hash, isFinal);
        return false;
    }

    /// <summary>Processes those frames of a burst that are the worker's, and hands the others over.</summary>
    private void Steer(int count)
    {
        _steering.Hash(_burst.AsSpan(0, count), _hashes);
        int mine = 0;
        for (int i = 0; i < count; i++)
        {
            ulong hash = _hashes[i];
            int to = Find(_burst[i], ref hash, out bool isFinal);
            if (to == _number)
            {
                _burst[mine++] = _burst[i];
            }
            else
            {
                HandOver(_burst[i], to, hash, isFinal);
            }
        }

        PublishLanes();
        _core.Process(_burst.AsSpan(0, mine));
    }

    private bool TakeFrom(HandoverLane lane)
    {
        int room = Math.Min(_handed.Length, _core.Pool.LargeFreeCount);
        int count = lane.Take(_handed.AsSpan(0, room));
        if (count == 0)
        {
            return false;
        }

        _stubs.Update();
        int mine = 0;
        for (int i = 0; i < count; i++)
        {
            ref readonly HandedFrame handed = ref _handed[i];
            lane.TryLoad(_core.Pool, handed, out FrameDescriptor frame);
            ulong hash = handed.Hash;
            bool isFinal = true;
            int to = handed.IsFinal ? _number : Find(frame, ref hash, out isFinal);
            if (to == _number)
            {
                _burst[mine++] = frame;
            }
            else
            {
                HandOver(frame, to, hash, isFinal);
            }
        }

        PublishLanes();
        _core.Process(_burst.AsSpan(0, mine));
        Volatile.Write(ref _takenIn, _takenIn + count);
        return true;
    }

    /// <summary>Finds the worker that a frame must go to next.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="hash">Its hash: of the datagram, where that is all that is known, and then of the flow.</param>
    /// <param name="isFinal">True when that worker has the flow though its hash says otherwise.</param>
    private int Find(in FrameDescriptor frame, ref ulong hash, out bool isFinal)
    {
        isFinal = false;
        if (Steering.IsDatagram(hash))
        {
            int resolver = _shards.OwnerOf(hash);
            if (resolver != _number)
            {
                return resolver;
            }

            hash = _steering.FlowOf(frame, hash, _datagrams, Math.Max(frame.TimeNs, _core.Processor.NowNs));
        }

        int owner = _shards.OwnerOf(hash);
        if (owner == _number && _stubs.Count > 0 && _stubs.TryFind(hash, out int other))
        {
            isFinal = true;
            return other;
        }

        return owner;
    }

    private void HandOver(in FrameDescriptor frame, int to, ulong hash, bool isFinal)
    {
        _foreign++;
        if (_links.Lane(_number, to).TryStage(_core.Pool, frame, hash, isFinal))
        {
            // Before it can be taken in, so that nobody ever counts more taken in than handed out.
            Volatile.Write(ref _handedOut, _handedOut + 1);
            _core.Pool.Return(frame);
        }
        else
        {
            _core.Processor.Refuse(frame, DropReason.HandoverFull);
        }
    }

    private void PublishLanes()
    {
        for (int to = 0; to < _links.Workers; to++)
        {
            if (to != _number && _links.Lane(_number, to).Publish())
            {
                _links.Wake?.Invoke(to);
            }
        }
    }
}
