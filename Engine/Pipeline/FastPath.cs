using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>
/// The data path for packets like earlier ones: read, find what the processor did last time, do it again.
/// </summary>
/// <remarks>
/// <code>
/// burst: read all ─► locate all ─► in order: find those that leave through one port, transpose, send
///                              or let the processor decide on one, and learn
/// </code>
/// Takes whole, untagged packets of TCP and UDP, also from VXLAN tunnels, tagged as their uplink is; everything else,
/// and every packet that opens or closes a connection, is the processor's. It never decides anything itself. Thread:
/// the worker's.
/// </remarks>
internal sealed partial class FastPath : IDisposable
{
    private const int MaxBurst = 64;

    private readonly PacketPool _pool;
    private readonly IFrameSink _sink;
    private readonly PacketProcessor _processor;
    private readonly FlowTable _flows;
    private readonly PathMtus _paths;
    private readonly ulong _hashKey;
    private readonly Vector128<byte> _key;
    private readonly UnifiedFlowTable _kinds;
    private readonly UnifiedActions _actions = new();
    private readonly ContextTable _contexts;
    private readonly NativeBlock<NumberedContext> _recent;
    private readonly NativeBlock<FrameKey> _keys = new(MaxBurst);
    private readonly Func<int, PortCounters> _counters;
    private IngressPort[] _ports = [];
    private IFrameOwner? _owner;
    private uint _generation;
    private uint _pathsVersion;
    private uint _waysVersion;

    public FastPath(PacketPool pool, IFrameSink sink, PacketProcessor processor, SwitchState state)
    {
        _pool = pool;
        _sink = sink;
        _processor = processor;
        _flows = state.Flows;
        _paths = state.PathMtus;
        _hashKey = state.Limits.HashKey;
        _key = UnifiedKey.Spread(_hashKey);
        _kinds = state.Flows.Kinds;
        _contexts = new ContextTable(_hashKey);
        _recent = _contexts.Recent;
        _counters = processor.Counters;
    }

    /// <summary>Packets that went the short way.</summary>
    public long Hits { get; private set; }

    /// <summary>Takes frames to their fate, in order; their buffers are the switch's from now on.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="owner">Asked before the processor is; null for nobody.</param>
    public void Process(Span<FrameDescriptor> frames, IFrameOwner? owner = null)
    {
        _owner = owner;
        for (; frames.Length > MaxBurst; frames = frames[MaxBurst..])
        {
            ProcessBurst(frames[..MaxBurst]);
        }

        ProcessBurst(frames);
    }

    /// <summary>Adds what hits have left in the actions to the counters of ports and rules.</summary>
    public void Settle() => _actions.Settle(_counters);

    /// <summary>Has the system give what was done, and contexts, all of their memory now.</summary>
    public void Populate()
    {
        _actions.Places.Populate();
        _contexts.Populate();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _actions.Dispose();
        _contexts.Dispose();
        _keys.Dispose();
    }

    private void ProcessBurst(Span<FrameDescriptor> frames)
    {
        TryHeedChanges();
        Read(frames);
        Locate(frames.Length);
        Repeat(frames);
        _processor.Sweep(frames.Length);
    }

    /// <summary>Sends frames that leave in a row through one port.</summary>
    /// <param name="frames">The frames, as they leave.</param>
    /// <param name="place">The first one's place in the burst.</param>
    /// <param name="egress">The port.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Send(Span<FrameDescriptor> frames, int place, int egress)
    {
        int taken = _sink.Forward(_pool, frames, egress);
        Hits += taken;
        for (int i = taken; i < frames.Length; i++)
        {
            _processor.Refuse(Uncount(frames[i], place + i));
        }
    }

    /// <summary>Has the processor decide on a frame, if it is for this switch, and learns from it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Decide(in FrameDescriptor frame, int place)
    {
        if (_owner?.TryKeep(frame) == false)
        {
            return;
        }

        _processor.Process(frame);
        ref readonly FrameKey key = ref _keys[place];
        if (!TryHeedChanges() && key.Context != 0)
        {
            Learn(key);
        }
    }

    /// <summary>
    /// Forgets what was done where the policy, path MTUs, next hops or learnt stations have changed since: sizes that
    /// did fit may no longer, stations may have moved, and VTEPs gone down, in the middle of a burst too.
    /// </summary>
    /// <returns>False when nothing has changed.</returns>
    private bool TryHeedChanges()
    {
        uint paths = _paths.Version;
        uint ways = _processor.WaysVersion;
        PolicySnapshot snapshot = _processor.Snapshot;
        bool isSamePolicy = _generation == snapshot.Generation;
        if (isSamePolicy && paths == _pathsVersion && ways == _waysVersion)
        {
            return false;
        }

        Settle();
        _actions.Forget();
        (_pathsVersion, _waysVersion) = (paths, ways);
        if (!isSamePolicy)
        {
            Adopt(snapshot);
        }

        return true;
    }

    private void Adopt(PolicySnapshot snapshot)
    {
        _generation = snapshot.Generation;
        _ports = new IngressPort[snapshot.PortCount];
        for (int i = 0; i < _ports.Length; i++)
        {
            _ports[i] = IngressPort.Of(snapshot.Port(i));
        }
    }

    /// <summary>What the fast path must know of a port to read its frames; numbers as they stand in frames.</summary>
    private readonly record struct IngressPort(
        bool IsEligible,
        bool IsUplink,
        bool Verifies,
        bool AllowsZeroChecksum,
        ushort VxlanPort,
        ushort OtherVxlanPort,
        uint Tag)
    {
        /// <summary>True when a UDP port, as it stands in frames, is one of tunnels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool HasTunnelAt(ushort udpPort) => udpPort == VxlanPort || udpPort == OtherVxlanPort;

        private static ushort InFrame(ushort port) => BinaryPrimitives.ReverseEndianness(port);

        private static uint TagOf(ushort vlan) =>
            vlan == 0 ? 0 : BinaryPrimitives.ReverseEndianness(((uint)EtherType.Vlan << 16) | vlan);

        public static IngressPort Of(BoundPort? port)
        {
            if (port is null || port.Port.Kind == PortKind.Host)
            {
                return default;
            }

            ushort[] ports = [.. port.VxlanPorts];
            return new IngressPort(
                IsEligible: port.Port.Vlan == 0,
                port.Port.Kind == PortKind.Uplink,
                port.Port.Checksum == ChecksumMode.Verify,
                port.Port.AllowZeroChecksumIpv6,
                InFrame(ports.ElementAtOrDefault(0)),
                InFrame(ports.ElementAtOrDefault(1)),
                TagOf(port.Port.Vlan));
        }
    }
}
