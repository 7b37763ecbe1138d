using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>
/// What names a flow inside one direction of a port: addresses, protocol, and ports or the ICMP echo's identifier.
/// </summary>
/// <remarks>40 bytes: both addresses share the family.</remarks>
public readonly record struct FlowTuple
{
    private readonly ulong _sourceHigh;
    private readonly ulong _sourceLow;
    private readonly ulong _destinationHigh;
    private readonly ulong _destinationLow;
    private readonly IpFamily _family;

    /// <summary>Makes a tuple.</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address of the same family.</param>
    /// <param name="protocol">Transport protocol.</param>
    /// <param name="sourcePort">Source port, or the echo's identifier, or 0.</param>
    /// <param name="destinationPort">Destination port, or the echo's identifier, or 0.</param>
    /// <param name="icmpType">ICMP type; 0 for other protocols.</param>
    public FlowTuple(
        IpAddress source,
        IpAddress destination,
        IpProtocol protocol,
        ushort sourcePort,
        ushort destinationPort,
        byte icmpType)
    {
        Source = source;
        Destination = destination;
        Protocol = protocol;
        SourcePort = sourcePort;
        DestinationPort = destinationPort;
        IcmpType = icmpType;
    }

    /// <summary>Source address.</summary>
    public IpAddress Source
    {
        get => Address(_sourceHigh, _sourceLow);
        init => (_family, _sourceHigh, _sourceLow) = (value.Family, value.High, value.Low);
    }

    /// <summary>Destination address.</summary>
    public IpAddress Destination
    {
        get => Address(_destinationHigh, _destinationLow);
        init => (_family, _destinationHigh, _destinationLow) = (value.Family, value.High, value.Low);
    }

    /// <summary>Source port, or the echo's identifier, or 0.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port, or the echo's identifier, or 0.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Transport protocol.</summary>
    public IpProtocol Protocol { get; init; }

    /// <summary>ICMP type, so that a request is never taken for the answer to another; 0 for other protocols.</summary>
    public byte IcmpType { get; init; }

    /// <summary>True for TCP and UDP, whose ports can be translated.</summary>
    public bool HasPorts => Protocol is IpProtocol.Tcp or IpProtocol.Udp;

    /// <summary>True for an ICMP echo, whose identifier can be translated like a port.</summary>
    public bool IsEcho => (Protocol == IpProtocol.Icmp && IcmpType is 0 or 8)
        || (Protocol == IpProtocol.Icmpv6 && IcmpType is 128 or 129);

    /// <summary>The tuple of the packets that answer.</summary>
    public FlowTuple Reversed =>
        new(Destination, Source, Protocol, DestinationPort, SourcePort, ReplyType(Protocol, IcmpType));

    /// <summary>The tuple of an IP packet.</summary>
    public static FlowTuple Of(in ParsedFrame packet)
    {
        bool icmp = packet.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;
        return new FlowTuple(
            packet.Source,
            packet.Destination,
            packet.Protocol,
            packet.SourcePort,
            packet.DestinationPort,
            icmp ? packet.IcmpType : (byte)0);
    }

    /// <summary>Writes addresses and ports into what is known of a packet.</summary>
    public void ApplyTo(ref ParsedFrame packet)
    {
        packet.Source = Source;
        packet.Destination = Destination;
        packet.SourcePort = SourcePort;
        packet.DestinationPort = DestinationPort;
    }

    /// <summary><c>tcp 10.0.0.1:1024 > 10.0.0.2:80</c>.</summary>
    public override string ToString()
    {
        string protocol = Protocol.ToString().ToLowerInvariant();
        return HasPorts || Protocol == IpProtocol.Sctp
            ? $"{protocol} {WithPort(Source, SourcePort)} > {WithPort(Destination, DestinationPort)}"
            : $"{protocol} {Source} > {Destination}";
    }

    private IpAddress Address(ulong high, ulong low) => _family switch
    {
        IpFamily.V4 => new Ipv4Address((uint)low),
        IpFamily.V6 => new Ipv6Address(high, low),
        _ => default,
    };

    private static string WithPort(IpAddress address, ushort port) =>
        address.Family == IpFamily.V6 ? $"[{address}]:{port}" : $"{address}:{port}";

    private static byte ReplyType(IpProtocol protocol, byte type) => (protocol, type) switch
    {
        (IpProtocol.Icmp, 0) => 8,
        (IpProtocol.Icmp, 8) => 0,
        (IpProtocol.Icmp, 13) => 14,
        (IpProtocol.Icmp, 14) => 13,
        (IpProtocol.Icmp, 15) => 16,
        (IpProtocol.Icmp, 16) => 15,
        (IpProtocol.Icmp, 17) => 18,
        (IpProtocol.Icmp, 18) => 17,
        (IpProtocol.Icmpv6, 128) => 129,
        (IpProtocol.Icmpv6, 129) => 128,
        _ => type,
    };
}
