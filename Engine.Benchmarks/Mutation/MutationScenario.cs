using System.Text;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>One policy in force over buffers that touch a guard page on one side.</summary>
internal sealed class MutationScenario : IDisposable
{
    private const int BufferCount = 16;
    private const int MarkLength = 64;
    private const byte Mark = 0xA5;
    private const long Millisecond = 1_000_000;

    private readonly SwitchPolicy[] _policies;
    private readonly Random _random;
    private readonly GuardedMemory _memory;
    private readonly SwitchCore _core;
    private readonly OutcomeCheck _check;
    private readonly FrameMutator _mutator;
    private readonly CaseRecord _record;
    private readonly byte[][] _labels;
    private readonly byte[] _frame = new byte[MutationCommand.FrameCapacity];
    private readonly FrameDescriptor[] _burst = new FrameDescriptor[1];
    private readonly FrameDescriptor[] _pieces = new FrameDescriptor[1];
    private readonly OffloadIntake _intake = new(takesUdp: true);
    private readonly bool _atEnd;
    private readonly long _faultAfter;
    private long _nowNs = 1_700_000_000_000_000_000;

    public MutationScenario(
        string name,
        SwitchPolicy policy,
        bool atEnd,
        bool wantsReports,
        int seed,
        IReadOnlyList<byte[]> seeds,
        CaseRecord record,
        long faultAfter)
    {
        _policies = [policy, WithoutFirstRules(policy)];
        _random = new Random(seed);
        _atEnd = atEnd;
        _record = record;
        _faultAfter = faultAfter;
        int length = PacketPool.Headroom + MutationCommand.FrameCapacity + PacketPool.Tail;
        _memory = new GuardedMemory(BufferCount, length);
        _check = new OutcomeCheck(_random, wantsReports);
        _mutator = new FrameMutator(_random, seeds, policy, MutationCommand.FrameCapacity);

        // Small enough that every limit is met.
        var limits = new SwitchLimits { FlowPairs = 2048, Datagrams = 256 };
        PacketPool pool = _memory.Pool(atEnd ? FramePlacement.AtEnd : FramePlacement.BehindHeadroom);
        _core = new SwitchCore(policy, limits, pool, _check);
        string side = (wantsReports ? "" : "short-way-") + (atEnd ? "guard-behind" : "guard-before");
        _labels = [.. policy.Ports.Select(p => Encoding.ASCII.GetBytes($"{name}-{p.Name}-{side}"))];
    }

    /// <summary>Frames that entered so far.</summary>
    public long Cases { get; private set; }

    /// <summary>Lets a frame enter at every port.</summary>
    public void RunEverywhere(ReadOnlySpan<byte> frame)
    {
        for (int port = 0; port < _labels.Length; port++)
        {
            Enter(frame, port);
        }
    }

    /// <summary>Lets a frame enter at a port that chance chooses.</summary>
    public void RunSomewhere(ReadOnlySpan<byte> frame) => Enter(frame, _random.Next(_labels.Length));

    /// <summary>Lets mutated frames enter, some of them twice, and checks the counters.</summary>
    public void RunMutations(int count)
    {
        if (_random.Next(16) == 0)
        {
            _core.Apply(_policies[_random.Next(_policies.Length)]);
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> frame = _mutator.Next();
            int port = _random.Next(_labels.Length);
            OffloadHeader? offload = _random.Next(4) == 0 ? _mutator.NextOffload() : null;
            Enter(frame, port, offload);
            for (int again = Math.Max(0, _random.Next(6) - 3); again > 0; again--)
            {
                // Known flows and repeated fragments take other ways; what was seen twice takes a short one.
                Enter(frame, port, offload);
            }
        }

        CheckCounters();
    }

    /// <summary>Checks that every frame had one fate.</summary>
    public void CheckCounters()
    {
        for (int port = 0; port < _core.PortCount; port++)
        {
            Require(_core.Processor.Counters(port).AddsUp, "the counters do not add up");
        }
    }

    /// <summary>The switch's counters.</summary>
    public SwitchCounters ReadCounters() => _core.ReadCounters();

    /// <inheritdoc/>
    public void Dispose()
    {
        _core.Dispose();
        _memory.Dispose();
    }

    // Another policy of the same ports: flows are evaluated again, and some lose the rule that made them.
    private static SwitchPolicy WithoutFirstRules(SwitchPolicy policy) => policy with
    {
        Layers = policy.Layers.Select(layer => layer with
        {
            Groups = layer.Groups.Select(g => g with { Rules = g.Rules.Skip(1).ToValueArray() }).ToValueArray(),
        }).ToValueArray(),
    };

    private void Enter(ReadOnlySpan<byte> bytes, int port, OffloadHeader? offload = null)
    {
        int length = Math.Min(bytes.Length, _frame.Length);
        bytes[..length].CopyTo(_frame);
        _record.Write(Cases++, _labels[port], _frame, length);
        Require(_core.Pool.TryRent(length, out FrameDescriptor frame), "a buffer was not given back");
        bytes[..length].CopyTo(_core.Pool.Frame(frame));
        _nowNs += _random.Next(1000) switch
        {
            0 => 400_000 * Millisecond,
            < 10 => 11_000 * Millisecond,
            _ => _random.NextInt64(Millisecond),
        };
        frame.Port = (ushort)port;
        frame.PacketId = (uint)Cases;
        frame.TimeNs = _nowNs;
        frame.Checksum = _random.Next(4) == 0 ? ChecksumStatus.Good : ChecksumStatus.Unknown;
        if (Cases == _faultAfter)
        {
            _memory.ReadBehind(frame.Buffer);
        }

        if (offload is OffloadHeader header)
        {
            // As ports take what a kernel left unfinished: perhaps as several frames.
            int count = _intake.Take(_core.Pool, ref frame, header, _pieces);
            for (; count > 0; count = _intake.Resume(_core.Pool, _pieces))
            {
                Process(_pieces[0]);
            }
        }
        else
        {
            Process(frame);
        }

        Require(_core.Pool.FreeCount == BufferCount, "a buffer was not given back");
    }

    private void Process(in FrameDescriptor frame)
    {
        Marked(frame).Fill(Mark);
        _check.Expect(_core.Pool.Frame(frame), isSuperFrame: frame.SegmentSize != 0);
        _burst[0] = frame;
        _core.Process(_burst);
        Require(!Marked(frame).ContainsAnyExcept(Mark), "bytes outside the frame and its headroom were written");
    }

    /// <summary>Bytes that nobody may write, on the side that has no guard page.</summary>
    private Span<byte> Marked(in FrameDescriptor frame) =>
        _core.Pool.Memory(frame).Slice(
            _atEnd ? frame.Offset - PacketPool.Headroom - MarkLength : frame.Offset + frame.Length, MarkLength);

    private static void Require(bool condition, string finding)
    {
        if (!condition)
        {
            throw new InvalidOperationException(finding);
        }
    }
}
