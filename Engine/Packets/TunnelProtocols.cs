namespace VxlanEngine.Packets;

/// <summary>The tunnel protocols that are spoken.</summary>
public static class TunnelProtocols
{
    /// <summary>VXLAN (RFC 7348).</summary>
    public static ITunnelProtocol Vxlan { get; } = new VxlanProtocol(readsGroupPolicy: false);

    /// <summary>VXLAN whose headers may name the sender's group (draft-smith-vxlan-group-policy).</summary>
    public static ITunnelProtocol VxlanGroupPolicy { get; } = new VxlanProtocol(readsGroupPolicy: true);

    /// <summary>VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe).</summary>
    public static ITunnelProtocol VxlanGpe { get; } = new VxlanGpeProtocol();

    /// <summary>Geneve (RFC 8926).</summary>
    public static ITunnelProtocol Geneve { get; } = new GeneveProtocol();

    /// <summary>One of each kind.</summary>
    public static IReadOnlyList<ITunnelProtocol> All { get; } = [Vxlan, VxlanGpe, Geneve];

    /// <summary>The protocol of a kind; null for a kind that is recognised and not spoken.</summary>
    public static ITunnelProtocol? Of(TunnelKind kind) => kind switch
    {
        TunnelKind.Vxlan => Vxlan,
        TunnelKind.VxlanGpe => VxlanGpe,
        TunnelKind.Geneve => Geneve,
        _ => null,
    };

    /// <summary>The protocol that IANA has assigned a UDP destination port to; null for none.</summary>
    /// <param name="udpPort">The port.</param>
    public static ITunnelProtocol? At(ushort udpPort) =>
        udpPort == Vxlan.UdpPort ? Vxlan
        : udpPort == VxlanGpe.UdpPort ? VxlanGpe
        : udpPort == Geneve.UdpPort ? Geneve
        : null;

    /// <summary>
    /// Bytes of a tunnel header, by the UDP port that it was sent to; one that is not assigned is taken for VXLAN's.
    /// </summary>
    /// <param name="udpPort">The port.</param>
    /// <param name="payload">The UDP payload.</param>
    internal static int LengthAt(ushort udpPort, ReadOnlySpan<byte> payload) =>
        (At(udpPort) ?? Vxlan).LengthOf(payload);
}
