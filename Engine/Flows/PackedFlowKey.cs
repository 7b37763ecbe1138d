using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>A flow key as the flow table stores and compares it.</summary>
/// <remarks>
/// 24 bytes: a tuple as <see cref="UnifiedKey"/> has it, without fragment word and with the ICMP type in its first
/// byte, and a word that stands for the place. Whoever compares keys of IPv6 must compare the addresses too
/// (<see cref="WideAddresses"/>).
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct PackedFlowKey
{
    /// <summary>The bits of the place's word that are the key's; others are free.</summary>
    public const ulong PlaceMask = PortMask | DirectionBit | WideBit | (ulong.MaxValue << VniShift);

    private const ulong PortMask = 0xFF_FFFF;
    private const ulong DirectionBit = 1 << 24;
    private const ulong WideBit = 1 << 25;
    private const int VniShift = 32; // One more than the VNI stands there; 0 for none.

    // All but what a key does not tell apart: the fragment word.
    private static readonly Vector128<byte> TupleMask =
        Vector128.Create(0x0000_FFFFu, uint.MaxValue, uint.MaxValue, uint.MaxValue).AsByte();

    /// <summary>Packs a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hashKey">Key of the hash that stands for IPv6 addresses.</param>
    public PackedFlowKey(in FlowKey key, ulong hashKey)
    {
        FlowTuple tuple = key.Tuple;
        bool isWide = tuple.Source.Family == IpFamily.V6;
        Tuple = (isWide ? OfIpv6(tuple, hashKey) : OfIpv4(tuple)).WithElement(0, tuple.IcmpType);
        Place = (uint)key.Port
            | (key.Direction == Direction.Out ? 0 : DirectionBit)
            | (isWide ? WideBit : 0)
            | (key.Vni is uint vni ? (vni + 1UL) << VniShift : 0);
    }

    /// <summary>Makes a key of its parts.</summary>
    /// <param name="tuple">The tuple; its fragment word does not count.</param>
    /// <param name="place">The word that stands for the place; free bits do not count.</param>
    public PackedFlowKey(Vector128<byte> tuple, ulong place)
    {
        Tuple = tuple & TupleMask;
        Place = place & PlaceMask;
    }

    /// <summary>The tuple.</summary>
    public Vector128<byte> Tuple { get; }

    /// <summary>The word that stands for port, direction, family and VNI.</summary>
    public ulong Place { get; }

    /// <summary>True when the addresses are IPv6 ones and stand elsewhere.</summary>
    public bool IsWide => (Place & WideBit) != 0;

    /// <summary>The transport protocol.</summary>
    public IpProtocol Protocol => (IpProtocol)Tuple.GetElement(1);

    /// <summary>The hash that the flow table's index uses.</summary>
    /// <remarks>The place may hold a sender's VNI, so it is hashed like the tuple, with the key.</remarks>
    public uint Hash(ulong hashKey) =>
        UnifiedKey.Hash(Tuple, 0, UnifiedKey.Spread(hashKey) ^ Vector128.Create(Place, Place).AsByte());

    /// <summary>The key of an IPv4 packet of TCP or UDP from an endpoint of one network.</summary>
    /// <param name="port">The endpoint's index.</param>
    /// <param name="tuple">The packet's tuple.</param>
    public static PackedFlowKey FromEndpoint(int port, Vector128<byte> tuple) => new(tuple, (uint)port);

    /// <summary>The key of the answers, if nothing is translated, to TCP or UDP of IPv4.</summary>
    public PackedFlowKey Answer()
    {
        Vector128<byte> turned = Vector128.Shuffle(
            Tuple, Vector128.Create((byte)0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 14, 15, 12, 13));
        return new PackedFlowKey(turned, Place ^ DirectionBit);
    }

    /// <summary>The key again.</summary>
    /// <param name="wide">The addresses, when <see cref="IsWide"/>.</param>
    public FlowKey Unpack(in WideAddresses wide)
    {
        Vector128<uint> words = Tuple.AsUInt32();
        IpAddress source = IsWide ? wide.SourceAddress : AddressOf(words.GetElement(1));
        IpAddress destination = IsWide ? wide.DestinationAddress : AddressOf(words.GetElement(2));
        uint ports = BinaryPrimitives.ReverseEndianness(words.GetElement(3));
        var tuple = new FlowTuple(
            source, destination, Protocol, (ushort)(ports >> 16), (ushort)ports, Tuple.GetElement(0));
        uint vni = (uint)(Place >> VniShift);
        Direction direction = (Place & DirectionBit) == 0 ? Direction.Out : Direction.In;
        return new FlowKey((int)(Place & PortMask), direction, tuple, vni == 0 ? null : vni - 1);
    }

    private static Vector128<byte> OfIpv4(in FlowTuple tuple) => UnifiedKey.OfIpv4(
        BinaryPrimitives.ReverseEndianness((tuple.Source.Low << 32) | tuple.Destination.Low),
        (byte)tuple.Protocol,
        PortsOf(tuple));

    private static Vector128<byte> OfIpv6(in FlowTuple tuple, ulong hashKey)
    {
        var wide = new WideAddresses(tuple);
        return UnifiedKey.OfIpv6(wide.Source, wide.Destination, (byte)tuple.Protocol, PortsOf(tuple), hashKey);
    }

    private static uint PortsOf(in FlowTuple tuple) =>
        BinaryPrimitives.ReverseEndianness(((uint)tuple.SourcePort << 16) | tuple.DestinationPort);

    private static IpAddress AddressOf(uint inFrame) =>
        new Ipv4Address(BinaryPrimitives.ReverseEndianness(inFrame));
}
