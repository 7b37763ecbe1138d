using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>Geneve (RFC 8926) for a tunnel endpoint that knows no options: it skips them, and sends none.</summary>
internal sealed class GeneveProtocol : ITunnelProtocol
{
    public TunnelKind Kind => TunnelKind.Geneve;

    public string Name => "geneve";

    public ushort UdpPort => GeneveHeader.UdpPort;

    public int HeaderLength => GeneveHeader.Length;

    public int LengthOf(ReadOnlySpan<byte> payload) =>
        MemoryMarshal.TryRead(payload, out GeneveHeader geneve) ? geneve.HeaderLength : GeneveHeader.Length;

    public DropReason Read(ref PacketReader reader, out TunnelHeader header)
    {
        header = default;
        if (!reader.TryRead(out GeneveHeader geneve))
        {
            return DropReason.GeneveTruncated;
        }

        // RFC 8926 §3.4: an unknown version MUST be dropped; nothing else of the header means anything then.
        if (geneve.Version != 0)
        {
            return DropReason.GeneveInvalidHeader;
        }

        if (!reader.TrySkip(geneve.HeaderLength - GeneveHeader.Length))
        {
            return DropReason.GeneveTruncated;
        }

        // §3.4: who does not parse options MUST drop by the C bit, and may strip all options without it. The payload
        // of a control message MUST NOT be forwarded.
        DropReason reason = geneve.HasCriticalOptions ? DropReason.GeneveCriticalOption
            : geneve.IsControl ? DropReason.TunnelControlPacket
            : geneve.Protocol != EtherType.TransparentEthernet ? DropReason.TunnelPayloadUnsupported
            : DropReason.None;
        if (reason == DropReason.None)
        {
            header = new TunnelHeader { Kind = TunnelKind.Geneve, Vni = geneve.Vni };
        }

        return reason;
    }

    public void Write(ref PacketWriter writer, in TunnelHeader header) =>
        writer.TryWrite(new GeneveHeader(header.Vni, EtherType.TransparentEthernet));
}
