using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VxlanEngine.Flows;

/// <summary>One packet kind of one flow, and all that its packets need to be repeated: a cache line.</summary>
/// <remarks>
/// The key is all that the packet's fate depends on: its tuple and its context, which stands for the port, the
/// stations, the traffic class and the tunnel it came through. Time and count are the flow's too; its
/// <see cref="FlowEntry"/> is told when somebody asks for them.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct UnifiedFlow
{
    /// <summary>Addresses, ports, protocol and fragment word, as <see cref="UnifiedKey"/> has them.</summary>
    public Vector128<byte> Tuple;

    /// <summary>Number of the context; 0 in an empty slot.</summary>
    public uint Context;

    /// <summary>Number of the action; 0 in an empty slot.</summary>
    public uint Action;

    /// <summary>When the last packet of this kind came, in nanoseconds since 1970-01-01 UTC.</summary>
    public long LastUsedNs;

    /// <summary>IPv4 addresses as they leave, as they stand in the frame; for translated flows.</summary>
    public ulong NewAddresses;

    /// <summary>Ports as they leave, as they stand in the frame; for translated flows.</summary>
    public uint NewPorts;

    /// <summary>What the translation adds to the IPv4 header's checksum, as that stands in the frame.</summary>
    public ushort IpDelta;

    /// <summary>What the translation adds to the transport checksum, as that stands in the frame.</summary>
    public ushort TransportDelta;

    /// <summary>Packets that the flow's entry was not told of yet.</summary>
    public uint Packets;

    /// <summary>Entry of the flow table that the packet belongs to; −1 for packets without flow state.</summary>
    public int Entry;

    // The next kind of the same entry; in the sign, what the slot is to others, which is no part of the kind in it.
    private int _next;

    /// <summary>Number of the idle timeout among <see cref="UnifiedFlowTable.TimeoutsNs"/>.</summary>
    public ushort Timeout;

    /// <summary>Outer UDP source port.</summary>
    public ushort SourcePort;

    /// <summary>The next kind of the same entry, as its slot's number plus one; 0 behind the last.</summary>
    public int Next
    {
        readonly get => _next & int.MaxValue;
        set => _next = value | (_next & int.MinValue);
    }

    /// <summary>True once a packet kind whose hash names this slot was put into another one.</summary>
    public readonly bool HasStrays => _next < 0;

    /// <summary>Notes that a packet kind whose hash names this slot is put into another one.</summary>
    public void SendAway() => _next |= int.MinValue;

    /// <summary>Takes another packet kind into the slot.</summary>
    public void Become(in UnifiedFlow flow)
    {
        int next = _next;
        this = flow;
        _next = next;
    }

    /// <summary>True for the packet kind with this key, but for IPv6 addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Is(Vector128<byte> tuple, uint context) => Tuple == tuple && Context == context;
}
