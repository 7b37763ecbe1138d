using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>What rules saw of a flow's first packet besides its tuple: enough to ask them again.</summary>
internal readonly record struct FlowOrigin
{
    private readonly MacAddress _sourceMac;
    private readonly MacAddress _destinationMac;
    private readonly ushort _vlanTci;
    private readonly byte _vlanCount;
    private readonly EtherType _etherType;
    private readonly FragmentKind _fragment;
    private readonly bool _hasTransport;
    private readonly byte _trafficClass;
    private readonly byte _icmpCode;
    private readonly bool _hasVni;
    private readonly IpAddress _outerDestination;

    /// <summary>Remembers a packet.</summary>
    public FlowOrigin(in PacketFacts facts)
    {
        ref readonly ParsedFrame packet = ref facts.Packet;
        _sourceMac = packet.SourceMac;
        _destinationMac = packet.DestinationMac;
        _vlanTci = packet.VlanTci;
        _vlanCount = packet.VlanCount;
        _etherType = packet.EtherType;
        _fragment = packet.Fragment;
        _hasTransport = packet.HasTransport;
        _trafficClass = packet.TrafficClass;
        _icmpCode = packet.IcmpCode;
        _hasVni = facts.HasVni;
        _outerDestination = facts.OuterDestination;
        Vni = facts.Vni;
        Policy = facts.Policy;
        OuterSource = facts.OuterSource;
        TcpFlags = packet.TcpFlags;
        OpensConnection = facts.OpensConnection;
    }

    /// <summary>Outer source of the tunnel that the flow's first packet came through; no address without one.</summary>
    public IpAddress OuterSource { get; }

    /// <summary>VNI of that tunnel.</summary>
    public uint Vni { get; }

    /// <summary>The sender's group that the tunnel header named.</summary>
    public GroupPolicy? Policy { get; }

    /// <summary>TCP flags of the first packet.</summary>
    public TcpFlags TcpFlags { get; }

    /// <summary>True when the first packet opened a TCP connection.</summary>
    public bool OpensConnection { get; }

    /// <summary>The facts again, for rules to look at.</summary>
    /// <param name="tuple">The flow's tuple.</param>
    public PacketFacts ToFacts(in FlowTuple tuple)
    {
        var facts = new PacketFacts
        {
            HasVni = _hasVni,
            Vni = Vni,
            Policy = Policy,
            OuterSource = OuterSource,
            OuterDestination = _outerDestination,
            OpensConnection = OpensConnection,
        };
        ref ParsedFrame packet = ref facts.Packet;
        packet.SourceMac = _sourceMac;
        packet.DestinationMac = _destinationMac;
        packet.VlanTci = _vlanTci;
        packet.VlanCount = _vlanCount;
        packet.EtherType = _etherType;
        packet.Family = tuple.Source.Family;
        packet.Protocol = tuple.Protocol;
        packet.Fragment = _fragment;
        packet.HasTransport = _hasTransport;
        packet.TrafficClass = _trafficClass;
        packet.Ttl = byte.MaxValue;
        packet.IcmpType = tuple.IcmpType;
        packet.IcmpCode = _icmpCode;
        packet.TcpFlags = TcpFlags;
        tuple.ApplyTo(ref packet);
        return facts;
    }
}
