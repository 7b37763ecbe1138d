namespace VxlanEngine.Packets;

/// <summary>
/// The encapsulations that the parser recognises; those over UDP are opened and written, as
/// <see cref="TunnelProtocols"/> tells.
/// </summary>
public enum TunnelKind : byte
{
    /// <summary>No tunnel header was recognised.</summary>
    None,

    /// <summary>VXLAN (RFC 7348), UDP port 4789; with or without the group-policy extension.</summary>
    Vxlan,

    /// <summary>VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe), UDP port 4790.</summary>
    VxlanGpe,

    /// <summary>Geneve (RFC 8926), UDP port 6081.</summary>
    Geneve,

    /// <summary>NVGRE (RFC 7637): GRE with a key and protocol type 0x6558.</summary>
    Nvgre,

    /// <summary>Other GRE (RFC 2784, RFC 2890).</summary>
    Gre,

    /// <summary>IPv4 or IPv6 directly in IP (RFC 2003, RFC 4213, RFC 2473).</summary>
    IpInIp,
}
