using VxlanEngine.Packets;

namespace VxlanEngine.Policy;

/// <summary>How a network or a tunnel writes its outer headers.</summary>
public sealed record TunnelOptions
{
    /// <summary>The options that hold where none are given.</summary>
    public static TunnelOptions Default { get; } = new();

    /// <summary>The options that hold for a kind of tunnel where none are given: its own UDP port.</summary>
    /// <exception cref="ArgumentException">Tunnels of this kind are not spoken.</exception>
    public static TunnelOptions Of(TunnelKind kind) => TunnelProtocols.Of(kind) is ITunnelProtocol protocol
        ? Default with { Kind = kind, UdpPort = protocol.UdpPort }
        : throw new ArgumentException($"{kind} is no kind of tunnel that is spoken.", nameof(kind));

    /// <summary>How the payload of UDP packets to a port is read: as this tunnel's, or as nobody's (null).</summary>
    internal ITunnelProtocol? ProtocolAt(ushort udpPort) => udpPort == UdpPort ? TunnelProtocols.Of(Kind) : null;

    /// <summary>What the tunnel header says of the sender's group; null without one.</summary>
    internal GroupPolicy? Policy => GroupPolicyId is ushort id ? new GroupPolicy(id, GroupPolicyApplied) : null;

    /// <summary>Whether the tunnel header says that packets are copies for each VTEP, where its kind can.</summary>
    internal bool IsReplicated { get; private init; }

    /// <summary>The same for what is copied for each VTEP: with VXLAN-GPE's B bit, the only word for it.</summary>
    internal TunnelOptions Replicated => Kind == TunnelKind.VxlanGpe ? this with { IsReplicated = true } : this;

    /// <summary>What the tunnel header is: VXLAN, VXLAN-GPE or Geneve.</summary>
    public TunnelKind Kind { get; init; } = TunnelKind.Vxlan;

    /// <summary>
    /// UDP destination port, 4789 by default. In JSON that of the <see cref="Kind"/>: 4789, 4790 or 6081; here
    /// <see cref="Of"/> sets it.
    /// </summary>
    public ushort UdpPort { get; init; } = 4789;

    /// <summary>
    /// The sender's group, which VXLAN headers then name (draft-smith-vxlan-group-policy); null for headers without.
    /// </summary>
    public ushort? GroupPolicyId { get; init; }

    /// <summary>
    /// Whether headers with a <see cref="GroupPolicyId"/> say that the groups' policy has been applied here, so that
    /// nobody does so again (the A bit). Off by default.
    /// </summary>
    public bool GroupPolicyApplied { get; init; }

    /// <summary>Range of UDP source ports; the hash of the inner flow chooses one (RFC 7348 §5).</summary>
    public NumberRange SourcePorts { get; init; } = new(49152, 65535);

    /// <summary>Whether both directions of an inner flow get the same source port.</summary>
    public bool SymmetricSourcePort { get; init; }

    /// <summary>Outer time to live or hop limit, 1–255.</summary>
    public byte Ttl { get; init; } = 64;

    /// <summary>How DSCP is carried.</summary>
    public DscpMode Dscp { get; init; }

    /// <summary>The outer don't-fragment bit, IPv4 only.</summary>
    public DontFragmentMode DontFragment { get; init; }

    /// <summary>The outer UDP checksum.</summary>
    public UdpChecksumMode UdpChecksum { get; init; }

    /// <summary>
    /// Whether the maximum segment size that TCP announces is lowered to what fits the tunnel, in both directions. On
    /// by default.
    /// </summary>
    public bool ClampMss { get; init; } = true;

    /// <summary>What happens to IPv4 packets that are too big and may be fragmented; the others are dropped.</summary>
    public OversizeMode Oversize { get; init; }
}
