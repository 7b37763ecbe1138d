using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VxlanEngine.Pipeline;

/// <summary>All that a packet's fate may depend on besides its tuple and traffic class, and a number for it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct NumberedContext
{
    /// <summary>
    /// The innermost frame's stations, EtherType, IP version and IPv4 header length; the other bits are 0.
    /// </summary>
    public Vector128<byte> Start;

    /// <summary>The ingress port; for a tunnel packet also UDP port, outer traffic class and VNI.</summary>
    public ulong Place;

    /// <summary>Outer source and destination as they stand in the frame; 0 outside a tunnel.</summary>
    public ulong OuterAddresses;

    /// <summary>Outer destination MAC address; 0 outside a tunnel.</summary>
    public ulong OuterMac;

    /// <summary>The number that stands for the context; 0 for none.</summary>
    public uint Number;

    /// <summary>True for the number of this context.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Is(Vector128<byte> start, ulong place, ulong outerAddresses, ulong outerMac) =>
        Start == start && Place == place && OuterAddresses == outerAddresses && OuterMac == outerMac;
}
