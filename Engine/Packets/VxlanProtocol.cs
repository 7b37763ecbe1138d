using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>VXLAN (RFC 7348), and its group-policy extension where the reader was told of it.</summary>
/// <param name="readsGroupPolicy">
/// Whether the extension's bits mean something on receipt; to others they are reserved bits like any.
/// </param>
internal sealed class VxlanProtocol(bool readsGroupPolicy) : ITunnelProtocol
{
    public TunnelKind Kind => TunnelKind.Vxlan;

    public string Name => "vxlan";

    public ushort UdpPort => VxlanHeader.UdpPort;

    public int HeaderLength => VxlanHeader.Length;

    public int LengthOf(ReadOnlySpan<byte> payload) => VxlanHeader.Length;

    public DropReason Read(ref PacketReader reader, out TunnelHeader header)
    {
        header = default;
        if (!reader.TryRead(out VxlanHeader vxlan))
        {
            return DropReason.VxlanTruncated;
        }

        if (!vxlan.HasVni)
        {
            return DropReason.VxlanInvalidHeader; // RFC 7348 §5: the I flag MUST be set.
        }

        // The extension's other bits mean something only beside the G flag.
        bool hasPolicy = readsGroupPolicy && vxlan.HasGroupPolicyId;
        header = new TunnelHeader
        {
            Kind = TunnelKind.Vxlan,
            Vni = vxlan.Vni,
            Policy = hasPolicy ? new GroupPolicy(vxlan.GroupPolicyId, vxlan.IsPolicyApplied) : null,
            DontLearn = hasPolicy && vxlan.DontLearn,
            ReservedBits = readsGroupPolicy ? vxlan.ReservedBitsBesideGroupPolicy : vxlan.ReservedBits,
        };
        return DropReason.None;
    }

    public void Write(ref PacketWriter writer, in TunnelHeader header) => writer.TryWrite(
        header.Policy is GroupPolicy policy
            ? new VxlanHeader(header.Vni, policy.Id, policy.IsApplied, header.DontLearn)
            : new VxlanHeader(header.Vni));
}
