using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VxlanEngine.Flows;

/// <summary>
/// One direction of a flow pair, and all that a packet kind of it needs to be repeated: a cache line.
/// </summary>
/// <remarks>
/// A direction keeps the first of its packet kinds itself. What it has besides, and packets without flow state, are
/// entries of their own, which count for a direction or for none. The tuple is that of the direction and of the kind;
/// a kind's fate depends on its context besides, which stands for port, stations, traffic class and tunnel.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct FlowEntry
{
    // Bits of the place's word that are no part of a key.
    private const ulong SteadyBit = 1 << 26;
    private const ulong ManyKindsBit = 1 << 27;
    private const ulong CarriedBit = 1 << 28;

    /// <summary>
    /// Addresses, ports, protocol and the kind's fragment word, as <see cref="UnifiedKey"/> has them.
    /// </summary>
    public Vector128<byte> Tuple;

    /// <summary>Number of the kind's context; 0 without one.</summary>
    public uint Context;

    /// <summary>Number of the kind's action; 0 without one.</summary>
    public uint Action;

    /// <summary>When the last packet came, in nanoseconds since 1970-01-01 UTC.</summary>
    public long LastUsedNs;

    /// <summary>IPv4 addresses as they leave, as they stand in the frame; for translated flows.</summary>
    public ulong NewAddresses;

    /// <summary>Ports as they leave, as they stand in the frame; for translated flows.</summary>
    public uint NewPorts;

    /// <summary>What the translation adds to the IPv4 header's checksum, as that stands in the frame.</summary>
    public ushort IpDelta;

    /// <summary>What the translation adds to the transport checksum, as that stands in the frame.</summary>
    public ushort TransportDelta;

    /// <summary>Packets that are not counted elsewhere yet.</summary>
    public uint Packets;

    /// <summary>Outer UDP source port.</summary>
    public ushort SourcePort;

    /// <summary>
    /// Number of the idle timeout among <see cref="UnifiedFlowTable.TimeoutsNs"/>; 0 for a kind without flow state.
    /// </summary>
    public ushort Timeout;

    // Of a direction, the place's word of its key, and bits; of another packet kind, the direction it counts for.
    private ulong _place;

    /// <summary>What a direction is found by; setting it makes the entry that of a direction without kinds.</summary>
    public PackedFlowKey Key
    {
        readonly get => new(Tuple, _place);
        set => (Tuple, _place, Context, Action) = (value.Tuple, value.Place, 0, 0);
    }

    /// <summary>
    /// True while a packet of this direction without SYN, FIN and RST changes nothing but time and count.
    /// </summary>
    public bool IsSteady
    {
        readonly get => Has(SteadyBit);
        set => Set(SteadyBit, value);
    }

    /// <summary>True when a direction has packet kinds that are entries of their own.</summary>
    public bool HasManyKinds
    {
        readonly get => Has(ManyKindsBit);
        set => Set(ManyKindsBit, value);
    }

    /// <summary>True when packets of a direction are counted elsewhere too, because they are too many.</summary>
    public bool HasCarried
    {
        readonly get => Has(CarriedBit);
        set => Set(CarriedBit, value);
    }

    /// <summary>For a packet kind that is an entry of its own: the direction that it counts for; 0 for none.</summary>
    public int Direction
    {
        readonly get => (int)_place;
        set => _place = (uint)value;
    }

    /// <summary>Takes a kind's action and what goes with it.</summary>
    public void Become(in FlowEntry kind)
    {
        (Tuple, Context, Action) = (kind.Tuple, kind.Context, kind.Action);
        (NewAddresses, NewPorts) = (kind.NewAddresses, kind.NewPorts);
        (IpDelta, TransportDelta, SourcePort) = (kind.IpDelta, kind.TransportDelta, kind.SourcePort);
    }

    /// <summary>True for the packet kind with this key, but for IPv6 addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Is(Vector128<byte> tuple, uint context) => Tuple == tuple && Context == context;

    private readonly bool Has(ulong bit) => (_place & bit) != 0;

    private void Set(ulong bit, bool value) => _place = value ? _place | bit : _place & ~bit;
}
