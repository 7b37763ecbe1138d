using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VxlanEngine.Benchmarks.Floor;

/// <summary>All that the floor keeps of a flow: one cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct FloorFlow
{
    /// <summary>Protocol, addresses and ports as they stand in the frame; all zero in an empty place.</summary>
    public Vector128<byte> Key;

    /// <summary>Packets so far.</summary>
    public long Packets;

    /// <summary>Their bytes.</summary>
    public long Bytes;

    /// <summary>Source address after translation, as it stands in the frame.</summary>
    public uint Address;

    /// <summary>Source port after translation, as it stands in the frame.</summary>
    public ushort Port;

    /// <summary>What translation adds to the IP checksum (RFC 1624).</summary>
    public ushort AddressDelta;

    /// <summary>What translation adds to the UDP checksum.</summary>
    public ushort TransportDelta;

    /// <summary>Source port of the tunnel packet, as it stands in the frame.</summary>
    public ushort TunnelPort;
}
