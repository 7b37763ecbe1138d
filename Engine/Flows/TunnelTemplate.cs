using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>
/// One tunnel, resolved: who sends to whom, through which uplink, and the outer headers written once.
/// </summary>
/// <remarks>Interned: flows that use the same tunnel share it. Immutable.</remarks>
public sealed class TunnelTemplate
{
    private readonly byte[] _header;
    private readonly IpAddress _nextHop;
    private string? _description;
    private string? _name;

    /// <summary>Makes a template.</summary>
    /// <param name="header">
    /// Outer Ethernet header, with a VLAN tag or without, IP, UDP and tunnel headers whose lengths, checksums and
    /// source port are 0.
    /// </param>
    public TunnelTemplate(ReadOnlySpan<byte> header)
    {
        _header = header.ToArray();
        var reader = new PacketReader(header);
        reader.TryRead(out EthernetHeader link);
        reader.TryRead(out VlanTag tag);
        bool isTagged = VlanTag.IsAnnouncedBy(link.EtherType);
        LinkLength = EthernetHeader.Length + (isTagged ? VlanTag.Length : 0);
        VlanTci = isTagged ? tag.Tci : (ushort)0;
    }

    /// <summary>The outer headers whose lengths, checksums and source port are still 0.</summary>
    public ReadOnlySpan<byte> Header => _header;

    /// <summary>The network identifier.</summary>
    public required Vni Vni { get; init; }

    /// <summary>The local VTEP.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>The remote VTEP.</summary>
    public required IpAddress Remote { get; init; }

    /// <summary>Index of the uplink port.</summary>
    public required int Uplink { get; init; }

    /// <summary>How the headers are written.</summary>
    public required TunnelOptions Options { get; init; }

    /// <summary>Bytes of the outer Ethernet header and its VLAN tag.</summary>
    internal int LinkLength { get; }

    /// <summary>Tag control information of the outer VLAN tag; 0 without one.</summary>
    internal ushort VlanTci { get; }

    /// <summary>Address of the next hop: the remote VTEP's, or that of a router on the way to it.</summary>
    internal IpAddress NextHopAddress
    {
        get => _nextHop.HasValue ? _nextHop : Remote;
        init => _nextHop = value;
    }

    /// <summary>The MAC address of the next hop.</summary>
    internal MacAddress NextHop => MemoryMarshal.Read<MacAddress>(_header);

    /// <summary>True when the next hop is not the policy's alone: it may change, or is still looked for.</summary>
    internal bool IsNextHopLearnt { get; init; }

    /// <summary>True when frames of the tunnel have to wait for the MAC address of the next hop.</summary>
    internal bool IsUnresolved => IsNextHopLearnt && NextHop.IsZero;

    /// <summary>
    /// The tunnel in words: <c>vxlan vni 4097 172.31.0.1 > 172.31.0.2 via 172.31.0.254 in vlan 100</c>; without the
    /// last words where the remote VTEP is on the link, and in no VLAN.
    /// </summary>
    public string Description => _description ??= Name
        + (NextHopAddress == Remote ? string.Empty : $" via {NextHopAddress}")
        + (VlanTci == 0 ? string.Empty : $" in vlan {VlanTci & 0xFFF}");

    /// <summary>The tunnel in words, without the way that its packets take when no other one is around.</summary>
    internal string Name => _name ??= $"{TunnelHeader} {Local} > {Remote}";

    /// <summary>What the tunnel header says.</summary>
    internal TunnelHeader TunnelHeader => HeaderOf(Vni, Options);

    /// <summary>What tunnel headers of a network say by a tunnel's options.</summary>
    internal static TunnelHeader HeaderOf(Vni vni, TunnelOptions options) => new()
    {
        Kind = options.Kind,
        Vni = vni,
        Policy = options.Policy,
        IsReplicated = options.IsReplicated,
    };
}
