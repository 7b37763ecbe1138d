using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>
/// A switch whose buffers stand between guard bytes: after every frame it is known what was written, and where.
/// </summary>
internal sealed class HostileBench : IFrameSink, IDisposable
{
    public const int FrameCapacity = 1600;

    private const byte Guard = 0xA5;
    private const int Buffers = 12;

    /// <summary>The most that the engine puts in front of a frame: headers over IPv6 and a tag.</summary>
    private const int MostPushed = 70 + 4;

    /// <summary>The longest answer that it makes itself: an advertisement over IPv6.</summary>
    private const int LongestAnswer = 1280 + 14 + (3 * 4);

    private readonly SwitchCore _core;
    private readonly FrameDescriptor[] _buffers =
        [.. Enumerable.Range(0, Buffers).Select(i => new FrameDescriptor { Buffer = i })];

    private readonly HashSet<int> _used = [];
    private readonly Dictionary<DropReason, long> _drops = [];
    private int _fates;
    private long _timeNs;

    public HostileBench(SwitchPolicy policy)
    {
        var limits = new SwitchLimits { FlowPairs = 500, Datagrams = 100 };
        _core = new SwitchCore(policy, limits, Buffers, FrameCapacity, this);
        for (int i = 0; i < Buffers; i++)
        {
            Memory(i).Fill(Guard);
        }
    }

    public int Ports => _core.PortCount;

    public IReadOnlyDictionary<DropReason, long> Drops => _drops;

    public long Forwarded { get; private set; }

    public void Send(int port, ReadOnlySpan<byte> bytes, ChecksumStatus checksum)
    {
        Assert.True(_core.Pool.TryRent(bytes.Length, out FrameDescriptor frame));
        frame.Port = (ushort)port;
        frame.TimeNs = _timeNs += 1_000_000;
        frame.Checksum = checksum;
        bytes.CopyTo(_core.Pool.Frame(frame));
        PortCounters counters = _core.Processor.Counters(port);
        long received = counters.Received;
        _fates = 0;
        _used.Clear();
        _used.Add(frame.Buffer);
        try
        {
            _core.Processor.Process(frame);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Port {port}, frame {Hex.Text(bytes)}: {e.Message}", e);
        }

        bool isRight = _fates == 1
            && counters.Received == received + 1
            && counters.AddsUp
            && _core.Pool.FreeCount == Buffers
            && GuardsStand(bytes.Length);
        Assert.True(isRight, $"Port {port}, frame {Hex.Text(bytes)}: {_fates} fates, {_core.Pool.FreeCount} buffers.");
    }

    /// <summary>Asserts that the counters hold what the sink was told, reason by reason.</summary>
    public void AssertCounted()
    {
        SwitchCounters counters = _core.ReadCounters();
        Assert.True(counters.AddsUp);
        Assert.Equal(Forwarded, counters.Forwarded);
        Assert.Equal(Forwarded, counters.Ports.Sum(p => p.Value.Sent));
        Assert.Equal(_drops.OrderBy(d => d.Key), counters.DroppedByReason);
    }

    public void Dispose() => _core.Dispose();

    bool IFrameSink.Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        Assert.InRange(frame.Length, 1, FrameCapacity + MostPushed);
        _used.Add(frame.Buffer);
        pool.Return(frame);
        Forwarded++;
        _fates += report.Origin == FrameOrigin.Received ? 1 : 0;
        return true;
    }

    void IFrameSink.Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        _fates += report.Origin == FrameOrigin.Received ? 1 : 0;
        if (report.Verdict.Kind == VerdictKind.Drop)
        {
            _drops[report.Verdict.Drop] = _drops.GetValueOrDefault(report.Verdict.Drop) + 1;
        }
    }

    private bool GuardsStand(int length)
    {
        bool stand = true;
        for (int i = 0; i < Buffers; i++)
        {
            Span<byte> memory = Memory(i);
            if (!_used.Contains(i))
            {
                stand &= !memory.ContainsAnyExcept(Guard);
                continue;
            }

            int end = PacketPool.Headroom + Math.Max(length, LongestAnswer);
            stand &= !memory[..(PacketPool.Headroom - MostPushed)].ContainsAnyExcept(Guard);
            stand &= !memory[end..].ContainsAnyExcept(Guard);
            memory.Fill(Guard);
        }

        return stand;
    }

    private Span<byte> Memory(int buffer) => _core.Pool.Memory(in _buffers[buffer]);
}
