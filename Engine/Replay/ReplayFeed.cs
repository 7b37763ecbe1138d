using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>
/// Merged captures as a stream of frames in a switch's buffers, with policies that take over on the way.
/// </summary>
/// <remarks>What replay, trace and comparison have in common. Thread: one.</remarks>
internal sealed class ReplayFeed : IDisposable
{
    /// <summary>Most frames that are read before they are processed.</summary>
    public const int BurstLength = 64;

    /// <summary>Buffers that are enough: one burst of frames is in hand at a time, and copies of one of them.</summary>
    public const int BufferCount = 128;

    private readonly IReadOnlyList<ReplayInput> _inputs;
    private readonly ReplayRoom _room;
    private readonly CaptureMerge _merge;
    private readonly Queue<PolicyChange> _changes;
    private readonly List<ForeignInterface> _foreign = [];
    private ushort[] _ports = [];
    private long _firstNs;
    private uint _packetId;
    private bool _isPeeked;
    private FrameDescriptor _next;

    public ReplayFeed(
        IReadOnlyList<ReplayInput> inputs, IReadOnlyList<PolicyChange> changes, ReplayRoom? room = null)
    {
        _room = room ?? new ReplayRoom();
        _inputs = inputs;
        _changes = new Queue<PolicyChange>(changes);
        _merge = new CaptureMerge(inputs.Select(i => new CaptureSource(i.Reader, Filter(i))));
    }

    public IReadOnlyList<CaptureFault> Faults => _merge.Faults;

    /// <summary>Interfaces whose frames are not Ethernet, once each.</summary>
    public IReadOnlyList<ForeignInterface> Foreign => _foreign;

    /// <summary>Inputs that name an interface which their capture does not have, so far.</summary>
    public IReadOnlyList<ReplayInput> Unfound =>
        [.. _inputs.Where(i => Filter(i) is { } filter && !i.Reader.Interfaces.Any(n => filter(n)))];

    /// <summary>Frames so far.</summary>
    public uint Count => _packetId - (_isPeeked ? 1u : 0u);

    /// <summary>Bytes read so far.</summary>
    public long Offset => _inputs.Sum(i => i.Reader.Offset);

    /// <summary>True when a policy took over before the frame that was read last.</summary>
    public bool PolicyChanged { get; private set; }

    /// <summary>Finds the inputs' ports.</summary>
    /// <exception cref="ArgumentException">An input names a port that the policy does not have.</exception>
    public void Start(SwitchCore core) => _ports = [.. _inputs.Select(i => PortOf(core, i))];

    /// <summary>Reads the next frame into one of the switch's buffers.</summary>
    /// <returns>False when all captures have ended or failed.</returns>
    public bool TryNext(SwitchCore core, out FrameDescriptor frame)
    {
        frame = default;
        PolicyChanged = false;
        if (!TryPeek(core))
        {
            return false;
        }

        frame = Take(core);
        return true;
    }

    /// <summary>Reads the next frames into buffers of the switch, up to where a policy takes over.</summary>
    /// <param name="core">The switch.</param>
    /// <param name="burst">Room for the frames.</param>
    /// <param name="count">How many there are, at least one.</param>
    /// <returns>False when all captures have ended or failed.</returns>
    public bool TryNextBurst(SwitchCore core, Span<FrameDescriptor> burst, out int count)
    {
        count = 0;
        PolicyChanged = false;
        while (count < burst.Length && TryPeek(core) && (count == 0 || !IsChangeDue()))
        {
            burst[count++] = Take(core);
        }

        return count > 0;
    }

    /// <summary>Reads the next frame for whoever has several switches; policies do not take over.</summary>
    /// <param name="source">Which input it comes from.</param>
    /// <param name="packet">The frame, valid until the next read.</param>
    /// <param name="flags">What the capture says of it besides its bytes.</param>
    /// <returns>False when all captures have ended or failed.</returns>
    public bool TryRead(out int source, out CapturedPacket packet, out FrameFlags flags)
    {
        flags = FrameFlags.None;
        if (!_merge.TryRead(out source, out packet))
        {
            return false;
        }

        flags = (packet.IsCut ? FrameFlags.Cut : FrameFlags.None)
            | (IsForeign(_inputs[source].Reader, packet) ? FrameFlags.NotEthernet : FrameFlags.None);
        _packetId++;
        return true;
    }

    /// <summary>Copies a frame into one of a switch's buffers.</summary>
    /// <remarks>As much of it as there is room for; one buffer is free for every frame of a burst.</remarks>
    public static FrameDescriptor Load(
        PacketPool pool, in CapturedPacket packet, FrameFlags flags, int headroom = PacketPool.Headroom)
    {
        int length = Math.Min(packet.Data.Length, pool.FrameCapacity);
        pool.TryRent(length, out FrameDescriptor frame);
        frame.Offset = headroom;
        packet.Data[..length].CopyTo(pool.Frame(frame));
        frame.TimeNs = packet.TimestampNs;
        frame.Flags = flags | (length < packet.Data.Length ? FrameFlags.TooLong : FrameFlags.None);
        return frame;
    }

    public void Dispose() => _merge.Dispose();

    /// <summary>Reads the next frame, which may have to wait for a policy to take over.</summary>
    private bool TryPeek(SwitchCore core)
    {
        if (_isPeeked)
        {
            return true;
        }

        if (!TryRead(out int source, out CapturedPacket packet, out FrameFlags flags))
        {
            return false;
        }

        _firstNs = _packetId == 1 ? packet.TimestampNs : _firstNs;
        _next = Load(core.Pool, packet, flags, _room.Headroom);
        _next.Port = _ports[source];
        _next.PacketId = _packetId;
        _isPeeked = true;
        return true;
    }

    private bool IsChangeDue() => _changes.TryPeek(out PolicyChange? change)
        && _next.TimeNs - _firstNs >= change.After.Ticks * TimeSpan.NanosecondsPerTick;

    private FrameDescriptor Take(SwitchCore core)
    {
        while (IsChangeDue())
        {
            core.Apply(_changes.Dequeue().Policy);
            PolicyChanged = true;
        }

        _isPeeked = false;
        return _next;
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

    private bool IsForeign(CaptureReader reader, in CapturedPacket packet)
    {
        CaptureInterface source = reader.Interfaces[packet.InterfaceIndex];
        if (source.LinkType == LinkType.Ethernet)
        {
            return false;
        }

        if (!_foreign.Exists(f => f.Interface == source))
        {
            _foreign.Add(new ForeignInterface(reader.Name, source));
        }

        return true;
    }
}
