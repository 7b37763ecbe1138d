using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>Both addresses of an IPv6 packet as they stand in the frame, for which a tuple has no room.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal readonly struct UnifiedAddresses
{
    private readonly Vector128<byte> _source;
    private readonly Vector128<byte> _destination;

    /// <summary>Takes the addresses of a packet.</summary>
    public UnifiedAddresses(in ParsedFrame packet)
    {
        _source = InFrame(packet.Source);
        _destination = InFrame(packet.Destination);
    }

    /// <summary>True for these addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Are(Vector128<byte> source, Vector128<byte> destination) =>
        _source == source && _destination == destination;

    private static Vector128<byte> InFrame(IpAddress address) => Vector128.Create(
        BinaryPrimitives.ReverseEndianness(address.High), BinaryPrimitives.ReverseEndianness(address.Low)).AsByte();
}
