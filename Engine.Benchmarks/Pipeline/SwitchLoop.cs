using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;

namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>A whole switch, from adapter to adapter, that gets the same frames again and again.</summary>
/// <remarks>What the adapters do is part of what is measured: a copy into a buffer, and a buffer given back.</remarks>
internal sealed class SwitchLoop : IDisposable
{
    /// <summary>Frames of one call: what benchmarks give as operations per invocation.</summary>
    public const int Length = 1024;

    private readonly VirtualSwitch _switch;

    /// <summary>Builds the switch.</summary>
    /// <param name="policy">Its policy.</param>
    /// <param name="ingress">The port at which frames enter.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="change">Changes the copy of a frame that has the number; null to leave all as they are.</param>
    /// <param name="options">Sizes and limits; null for the default ones.</param>
    /// <param name="stepNs">Time from frame to frame, in nanoseconds.</param>
    public SwitchLoop(
        SwitchPolicy policy,
        string ingress,
        IReadOnlyList<byte[]> frames,
        Action<Memory<byte>, long>? change = null,
        VirtualSwitchOptions? options = null,
        long stepNs = 1000)
    {
        _switch = new VirtualSwitch(policy, options);
        foreach (Port port in policy.Ports)
        {
            byte[][] own = port.Name == ingress ? [.. frames.Select(f => f.ToArray())] : [];
            _switch.Attach(port.Name, new EndlessPort(own, change, stepNs));
        }
    }

    /// <summary>Takes <see cref="Length"/> frames to their fate.</summary>
    public int Run()
    {
        int taken = 0;
        while (taken < Length)
        {
            taken += _switch.Poll();
        }

        return taken;
    }

    /// <summary>Sees that each frame fared as it should, and nothing was lost.</summary>
    /// <exception cref="ComparisonException">Some fared otherwise.</exception>
    public void Check(VerdictKind expected)
    {
        SwitchCounters counters = _switch.ReadCounters();
        bool isRight = counters.AddsUp && expected switch
        {
            VerdictKind.Forward => counters.Forwarded >= counters.Received && counters.Dropped == 0,
            VerdictKind.Drop => counters.Dropped == counters.Received,
            _ => counters.Consumed == counters.Received,
        };
        if (!isRight)
        {
            throw new ComparisonException(
                $"Of {counters.Received} frames {counters.Forwarded} were forwarded, {counters.Consumed} consumed; "
                + $"dropped: {string.Join(", ", counters.DroppedByReason.Select(d => $"{d.Value} {d.Key}"))}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _switch.Dispose();

    private sealed class EndlessPort(byte[][] frames, Action<Memory<byte>, long>? change, long stepNs)
        : IPacketPort
    {
        private long _number;
        private int _next;

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
        {
            for (int i = 0; i < burst.Length; i++)
            {
                if (frames.Length == 0)
                {
                    return 0;
                }

                byte[] frame = frames[_next];
                _next = _next + 1 == frames.Length ? 0 : _next + 1;
                change?.Invoke(frame, _number);
                pool.TryRent(frame.Length, out burst[i]);
                frame.CopyTo(pool.Frame(burst[i]));
                burst[i].TimeNs = stepNs * ++_number;
            }

            return burst.Length;
        }

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
        {
            foreach (ref readonly FrameDescriptor frame in burst)
            {
                pool.Return(frame);
            }

            return burst.Length;
        }

        public void Dispose()
        {
        }
    }
}
