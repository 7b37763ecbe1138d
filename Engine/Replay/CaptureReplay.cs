using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>Takes captures through a policy: same input, same output, byte for byte, on any machine.</summary>
/// <remarks>
/// Frames enter at the named ports merged by time stamp; time is the captures' own. Memory is constant, whatever the
/// captures' size. Thread: one.
/// </remarks>
public static class CaptureReplay
{
    private const int BufferCount = 64;
    private const int ProgressInterval = 4096;

    /// <summary>Replays captures to their end.</summary>
    /// <param name="options">What, through which policy, and where to.</param>
    /// <param name="cancellation">Ends the replay early; frames so far are counted.</param>
    /// <exception cref="PolicyException">A policy has mistakes.</exception>
    /// <exception cref="ArgumentException">An input names a port that the first policy does not have.</exception>
    public static ReplayResult Run(ReplayOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var merge = new CaptureMerge(options.Inputs.Select(i => new CaptureSource(i.Reader, Filter(i))));
        var sink = new CaptureSink(options);
        using var core = new SwitchCore(
            options.Policy, options.Limits, BufferCount, CaptureWriter.MaximumPacketLength, sink);
        sink.Open(core);
        ushort[] ports = [.. options.Inputs.Select(i => PortOf(core, i))];
        var changes = new Queue<PolicyChange>(options.Changes);
        var foreign = new List<ForeignInterface>();
        long firstNs = 0;
        uint packetId = 0;
        while (!cancellation.IsCancellationRequested
            && merge.TryRead(out int source, out CapturedPacket packet))
        {
            CaptureReader reader = options.Inputs[source].Reader;
            firstNs = packetId == 0 ? packet.TimestampNs : firstNs;
            while (changes.TryPeek(out PolicyChange? change)
                && packet.TimestampNs - firstNs >= change.After.Ticks * TimeSpan.NanosecondsPerTick)
            {
                core.Apply(changes.Dequeue().Policy);
                sink.Open(core);
            }

            FrameDescriptor frame = Load(core.Pool, packet, IsForeign(reader, packet, foreign));
            frame.Port = ports[source];
            frame.PacketId = ++packetId;
            core.Processor.Process(frame);
            if (packetId % ProgressInterval == 0)
            {
                options.Progress?.Invoke(options.Inputs.Sum(i => i.Reader.Offset));
            }
        }

        ReplayInput[] unfound =
            [.. options.Inputs.Where(i => Filter(i) is { } filter && !i.Reader.Interfaces.Any(n => filter(n)))];
        return new ReplayResult(core.ReadCounters(), merge.Faults, foreign, unfound);
    }

    private static Predicate<CaptureInterface>? Filter(ReplayInput input)
    {
        if (input.Interface is null)
        {
            return null;
        }

        return candidate => string.Equals(candidate.Name, input.Interface, StringComparison.Ordinal)
            || (int.TryParse(input.Interface, out int index) && candidate.Index == index);
    }

    private static ushort PortOf(SwitchCore core, ReplayInput input) =>
        core.TryFindPort(input.Port, out int index)
            ? (ushort)index
            : throw new ArgumentException($"The policy has no port '{input.Port}'.", nameof(input));

    private static bool IsForeign(CaptureReader reader, in CapturedPacket packet, List<ForeignInterface> foreign)
    {
        CaptureInterface source = reader.Interfaces[packet.InterfaceIndex];
        if (source.LinkType == LinkType.Ethernet)
        {
            return false;
        }

        if (!foreign.Exists(f => f.Interface == source))
        {
            foreign.Add(new ForeignInterface(reader.Name, source));
        }

        return true;
    }

    // The reader refuses packets above the pool's capacity, and every buffer is back before the next packet.
    private static FrameDescriptor Load(PacketPool pool, in CapturedPacket packet, bool isForeign)
    {
        pool.TryRent(packet.Data.Length, out FrameDescriptor frame);
        packet.Data.CopyTo(pool.Frame(frame));
        frame.TimeNs = packet.TimestampNs;
        frame.Flags = (packet.IsCut ? FrameFlags.Cut : FrameFlags.None)
            | (isForeign ? FrameFlags.NotEthernet : FrameFlags.None);
        return frame;
    }
}
