using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VxlanEngine.Pipeline;

/// <summary>All that a packet's fate may depend on besides its tuple, and a number for it.</summary>
/// <remarks>
/// <code>
/// a frame      | stations, EtherType             |            number   place
///              0                                 14           16       20
/// in a tunnel  | outer headers, tunnel header, inner stations and EtherType                    |
///              0     with place at 8 and number at 16                              64 (IPv4) or 84 (IPv6)
/// </code>
/// The first bytes of a frame as they stand in it, so that they are compared all at once; those that say nothing
/// (lengths, checksums, the outer source port, …) are 0, or hold what belongs to the context besides.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct NumberedContext
{
    /// <summary>The first 64 bytes; in a frame without tunnel only the first 14.</summary>
    [FieldOffset(0)]
    public Vector512<byte> Start;

    /// <summary>For a tunnel packet: place of the port and the innermost IP header's first bytes.</summary>
    [FieldOffset(8)]
    public uint TunnelPlace;

    /// <summary>Sum of the outer IPv4 header's words that are the same in all packets of the context.</summary>
    [FieldOffset(6)]
    public ushort HeaderSum;

    /// <summary>The number that stands for the context; 0 for none.</summary>
    [FieldOffset(16)]
    public uint Number;

    /// <summary>For a frame without tunnel: as <see cref="TunnelPlace"/>.</summary>
    [FieldOffset(20)]
    public uint Place;

    /// <summary>In a tunnel over IPv6: the sixteen bytes behind the first 64.</summary>
    [FieldOffset(64)]
    public Vector128<byte> Middle;

    /// <summary>In a tunnel over IPv6: the four bytes behind those.</summary>
    [FieldOffset(80)]
    public uint End;

    /// <summary>True for the context of a frame without tunnel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsOf(Vector128<byte> start, Vector128<byte> mask, uint place) =>
        ((start ^ Start.GetLower().GetLower()) & mask) == Vector128<byte>.Zero && Place == place;

    /// <summary>True for the context of a tunnel packet, but for what stands behind the first 64 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsOf(Vector512<byte> start, Vector512<byte> mask, uint place) =>
        ((start ^ Start) & mask) == Vector512<byte>.Zero && TunnelPlace == place;

    /// <summary>True when both are the same but for their number.</summary>
    public readonly bool Equals(in NumberedContext other)
    {
        NumberedContext same = other;
        same.Number = Number;
        return same.Start == Start && same.Middle == Middle && same.End == End;
    }
}
