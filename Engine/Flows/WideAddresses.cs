using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>
/// Both addresses of an IPv6 packet as they stand in the frame, for which a <see cref="FlowEntry"/> has no room.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal readonly struct WideAddresses
{
    private readonly Vector128<byte> _source;
    private readonly Vector128<byte> _destination;

    /// <summary>Takes the addresses of a packet.</summary>
    public WideAddresses(in ParsedFrame packet)
        : this(packet.Source, packet.Destination)
    {
    }

    /// <summary>Takes the addresses of a tuple.</summary>
    public WideAddresses(in FlowTuple tuple)
        : this(tuple.Source, tuple.Destination)
    {
    }

    private WideAddresses(IpAddress source, IpAddress destination)
    {
        _source = InFrame(source);
        _destination = InFrame(destination);
    }

    /// <summary>The source, as it stands in the frame.</summary>
    public Vector128<byte> Source => _source;

    /// <summary>The destination, as it stands in the frame.</summary>
    public Vector128<byte> Destination => _destination;

    /// <summary>The source.</summary>
    public IpAddress SourceAddress => AddressOf(_source);

    /// <summary>The destination.</summary>
    public IpAddress DestinationAddress => AddressOf(_destination);

    /// <summary>True for these addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Are(Vector128<byte> source, Vector128<byte> destination) =>
        _source == source && _destination == destination;

    private static Vector128<byte> InFrame(IpAddress address) => Vector128.Create(
        BinaryPrimitives.ReverseEndianness(address.High), BinaryPrimitives.ReverseEndianness(address.Low)).AsByte();

    private static Ipv6Address AddressOf(Vector128<byte> inFrame)
    {
        Vector128<ulong> words = inFrame.AsUInt64();
        return new Ipv6Address(
            BinaryPrimitives.ReverseEndianness(words.ToScalar()),
            BinaryPrimitives.ReverseEndianness(words.GetElement(1)));
    }
}
