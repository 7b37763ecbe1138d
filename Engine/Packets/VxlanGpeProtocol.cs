using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe §3), of whose payloads only Ethernet frames are taken.</summary>
internal sealed class VxlanGpeProtocol : ITunnelProtocol
{
    public TunnelKind Kind => TunnelKind.VxlanGpe;

    public string Name => "vxlan-gpe";

    public ushort UdpPort => VxlanGpeHeader.UdpPort;

    public int HeaderLength => VxlanGpeHeader.Length;

    public int LengthOf(ReadOnlySpan<byte> payload) => VxlanGpeHeader.Length;

    public DropReason Read(ref PacketReader reader, out TunnelHeader header)
    {
        header = default;
        if (!reader.TryRead(out VxlanGpeHeader gpe))
        {
            return DropReason.VxlanTruncated;
        }

        // "If a receiver does not support the version indicated it MUST drop the packet"; "the I bit MUST be set".
        if (gpe.Version != 0 || !gpe.HasVni)
        {
            return DropReason.VxlanInvalidHeader;
        }

        // "OAM processing MUST occur", and there is none: these packets are nobody's here.
        if (gpe.IsControl)
        {
            return DropReason.TunnelControlPacket;
        }

        // Without the P bit the payload is that of VXLAN.
        if (gpe.HasNextProtocol && gpe.NextProtocol != VxlanGpeHeader.EthernetProtocol)
        {
            return DropReason.TunnelPayloadUnsupported;
        }

        header = new TunnelHeader { Kind = TunnelKind.VxlanGpe, Vni = gpe.Vni, IsReplicated = gpe.IsReplicated };
        return DropReason.None;
    }

    public void Write(ref PacketWriter writer, in TunnelHeader header) =>
        writer.TryWrite(new VxlanGpeHeader(header.Vni, VxlanGpeHeader.EthernetProtocol, header.IsReplicated));
}
