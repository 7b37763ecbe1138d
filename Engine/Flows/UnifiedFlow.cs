using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VxlanEngine.Flows;

/// <summary>One packet kind of one flow, and what is done to it: half a cache line.</summary>
/// <remarks>
/// The key is all that the packet's fate depends on: its tuple, its traffic class and its context, which stands for the
/// port, the stations and the tunnel it came through.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct UnifiedFlow
{
    /// <summary>IPv4 source and destination, as they stand in the frame.</summary>
    public ulong Addresses;

    /// <summary>Ports, traffic class, don't-fragment bit and protocol.</summary>
    public ulong Ports;

    /// <summary>Number of the context.</summary>
    public uint Context;

    /// <summary>Number of the action; 0 in an empty slot.</summary>
    public uint Action;

    /// <summary>Entry of the flow table that the packet belongs to; −1 for packets without flow state.</summary>
    public int Entry;

    /// <summary>Outer UDP source port.</summary>
    public ushort SourcePort;

    /// <summary>True for the packet kind with this key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Is(ulong addresses, ulong ports, uint context) =>
        Addresses == addresses && Ports == ports && Context == context;
}
