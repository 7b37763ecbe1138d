using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>
/// A switch without adapters. After every frame it holds the switch to its books: each frame has one fate, the
/// counters say the same as the sink was told, and every buffer is back.
/// </summary>
internal sealed class OverlayBench : IFrameSink, IDisposable
{
    private readonly SwitchCore _core;
    private readonly List<Sent> _sent = [];
    private readonly List<Verdict> _retired = [];
    private uint _packetId;

    public OverlayBench(SwitchPolicy policy, int buffers = 64, int frameCapacity = 2048, SwitchLimits? limits = null) =>
        _core = new SwitchCore(policy, limits ?? new SwitchLimits(), buffers, frameCapacity, this);

    /// <summary>Makes the network <see cref="Green"/>.</summary>
    public OverlayBench()
        : this(Green.Policy)
    {
    }

    /// <summary>A frame that left.</summary>
    public sealed record Sent(string Port, byte[] Bytes, FrameOrigin Origin);

    /// <summary>Ports that take nothing.</summary>
    public HashSet<string> Full { get; } = new(StringComparer.Ordinal);

    /// <summary>The switch itself.</summary>
    public SwitchCore Core => _core;

    public PacketPool Pool => _core.Pool;

    public SwitchCounters Counters => _core.ReadCounters();

    /// <summary>Sends one frame into the network <see cref="Green"/>.</summary>
    public static Outcome Run(string port, byte[] frame) => Run(Green.Policy, port, frame);

    public static Outcome Run(SwitchPolicy policy, string port, byte[] frame)
    {
        using var bench = new OverlayBench(policy);
        return bench.Send(port, frame);
    }

    public bool Apply(SwitchPolicy policy) => _core.Apply(policy);

    public int PortIndex(string port) =>
        _core.TryFindPort(port, out int index) ? index : throw new ArgumentException(port, nameof(port));

    public Outcome Send(
        string port,
        byte[] frame,
        long timeNs = 0,
        ChecksumStatus checksum = ChecksumStatus.Unknown,
        FrameFlags flags = FrameFlags.None,
        int offset = PacketPool.Headroom)
    {
        Assert.True(Pool.TryRent(frame.Length, out FrameDescriptor descriptor), "No buffer for the test's own frame.");
        descriptor.Offset = offset;
        descriptor.Port = (ushort)PortIndex(port);
        descriptor.TimeNs = timeNs;
        descriptor.Checksum = checksum;
        descriptor.Flags = flags;
        descriptor.PacketId = _packetId++;
        frame.CopyTo(Pool.Frame(descriptor));

        _sent.Clear();
        _retired.Clear();
        Tally before = Tally.Of(Counters);
        int held = Pool.Count - Pool.FreeCount - 1;
        long heldBefore = Counters.Held;
        _core.Processor.Process(descriptor);
        SwitchCounters after = Counters;
        Tally change = Tally.Of(after).Since(before);

        Assert.True(after.AddsUp, "Received + generated is not the sum of the fates.");
        Assert.Equal(1, change.Received);
        Assert.Equal(_sent.Count, change.Forwarded);
        Assert.Equal(_sent.Count, change.Sent);
        Assert.Equal(held + after.Held - heldBefore, Pool.Count - Pool.FreeCount);
        return new Outcome([.. _sent], [.. _retired], change);
    }

    public void Dispose() => _core.Dispose();

    bool IFrameSink.Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        string port = _core.PortName(report.Egress);
        if (Full.Contains(port))
        {
            return false;
        }

        _sent.Add(new Sent(port, pool.Frame(frame).ToArray(), report.Origin));
        pool.Return(frame);
        return true;
    }

    void IFrameSink.Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        _retired.Add(report.Verdict);

    /// <summary>All counters of a switch, to subtract.</summary>
    internal sealed record Tally(
        long Received,
        long Generated,
        long Forwarded,
        long Punted,
        long Consumed,
        long Sent,
        IReadOnlyDictionary<DropReason, long> Drops)
    {
        public static Tally Of(SwitchCounters counters) => new(
            counters.Received,
            counters.Generated,
            counters.Forwarded,
            counters.Punted,
            counters.Consumed,
            counters.Ports.Sum(p => p.Value.Sent),
            counters.DroppedByReason.ToDictionary());

        public Tally Since(Tally before) => new(
            Received - before.Received,
            Generated - before.Generated,
            Forwarded - before.Forwarded,
            Punted - before.Punted,
            Consumed - before.Consumed,
            Sent - before.Sent,
            Drops.Select(d => KeyValuePair.Create(d.Key, d.Value - before.Drops.GetValueOrDefault(d.Key)))
                .Where(d => d.Value != 0).ToDictionary());
    }
}
