using System.Runtime.InteropServices;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>A flow key as the flow table stores and compares it.</summary>
/// <remarks>
/// 24 bytes. IPv4 addresses stand in it; those of IPv6 are represented by a hash, and whoever compares must compare
/// them too (<see cref="WideAddresses"/>).
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct PackedFlowKey
{
    private const int V6Bit = 2;
    private const int VniShift = 32; // One more than the VNI stands there; 0 for none.

    /// <summary>The key that no flow has.</summary>
    public static PackedFlowKey None { get; } = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    private readonly ulong _addresses;
    private readonly ulong _ports;
    private readonly ulong _place;

    /// <summary>Packs a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hashKey">Key of the hash that stands for IPv6 addresses.</param>
    public PackedFlowKey(in FlowKey key, ulong hashKey)
    {
        FlowTuple tuple = key.Tuple;
        IpAddress source = tuple.Source;
        IpAddress destination = tuple.Destination;
        bool isV6 = source.Family == IpFamily.V6;
        _addresses = isV6
            ? new WideAddresses(tuple).Hash(hashKey)
            : (source.Low << 32) | destination.Low;
        uint flags = (uint)key.Direction | (isV6 ? (uint)V6Bit : 0);
        _ports = ((ulong)tuple.SourcePort << 48)
            | ((ulong)tuple.DestinationPort << 32)
            | ((ulong)tuple.Protocol << 24)
            | ((ulong)tuple.IcmpType << 16)
            | flags;
        _place = (uint)key.Port | (key.Vni is uint vni ? (vni + 1UL) << VniShift : 0);
    }

    /// <summary>Makes a key of its words: what a packet says, and what stands for its port.</summary>
    public PackedFlowKey(ulong addresses, ulong ports, ulong place)
    {
        _addresses = addresses;
        _ports = ports;
        _place = place;
    }

    /// <summary>The key of an IPv4 packet of TCP or UDP at a port of one network.</summary>
    /// <param name="port">The port's index.</param>
    /// <param name="direction">The packet's direction.</param>
    /// <param name="protocol">The transport protocol.</param>
    /// <param name="addresses">The source address, and the destination in the lower half.</param>
    /// <param name="ports">The source port, and the destination's in the lower half.</param>
    public static PackedFlowKey OfIpv4(int port, Direction direction, byte protocol, ulong addresses, uint ports) =>
        new(addresses, ((ulong)ports << 32) | ((ulong)protocol << 24) | (uint)direction, (uint)port);

    /// <summary>The word of the addresses.</summary>
    public ulong Addresses => _addresses;

    /// <summary>The word of ports and protocol.</summary>
    public ulong Ports => _ports;

    /// <summary>The word that stands for the port.</summary>
    public ulong Place => _place;

    /// <summary>True when the addresses are IPv6 ones and stand elsewhere.</summary>
    public bool IsWide => ((uint)_ports & V6Bit) != 0;

    /// <summary>The transport protocol.</summary>
    public IpProtocol Protocol => (IpProtocol)(byte)(_ports >> 24);

    /// <summary>The hash that the flow table's index uses.</summary>
    public uint Hash(ulong hashKey)
    {
        ulong hash = FlowHash.Mix(FlowHash.Mix(FlowHash.Mix(hashKey, _addresses), _ports), _place);
        return (uint)(hash ^ (hash >> 32));
    }

    /// <summary>The key again.</summary>
    /// <param name="wide">The addresses, when <see cref="IsWide"/>.</param>
    public FlowKey Unpack(in WideAddresses wide)
    {
        IpAddress source = IsWide ? wide.Source : new Ipv4Address((uint)(_addresses >> 32));
        IpAddress destination = IsWide ? wide.Destination : new Ipv4Address((uint)_addresses);
        var tuple = new FlowTuple(
            source,
            destination,
            Protocol,
            (ushort)(_ports >> 48),
            (ushort)(_ports >> 32),
            (byte)(_ports >> 16));
        uint vni = (uint)(_place >> VniShift);
        return new FlowKey((int)(uint)_place, (Direction)((uint)_ports & 1), tuple, vni == 0 ? null : vni - 1);
    }
}
