using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <content>Tunnels, whose headers are kept and whose inner packets are walked like outer ones.</content>
internal ref partial struct FrameWalk
{
    private void Vxlan(int at, int end)
    {
        if (!Fits(at, VxlanHeader.Length, end))
        {
            return;
        }

        Keep(at, VxlanHeader.Length);
        if (MemoryMarshal.Read<VxlanHeader>(_in[at..]).HasVni)
        {
            Network(EtherType.TransparentEthernet, at + VxlanHeader.Length, end);
        }
    }

    // draft-ietf-nvo3-vxlan-gpe §3: without the P bit it is VXLAN.
    private void VxlanGpe(int at, int end)
    {
        const byte Ipv4Protocol = 1;
        const byte Ipv6Protocol = 2;
        if (!Fits(at, VxlanGpeHeader.Length, end))
        {
            return;
        }

        Keep(at, VxlanGpeHeader.Length);
        VxlanGpeHeader gpe = MemoryMarshal.Read<VxlanGpeHeader>(_in[at..]);
        byte next = gpe.HasNextProtocol ? gpe.NextProtocol : VxlanGpeHeader.EthernetProtocol;
        EtherType type = next switch
        {
            Ipv4Protocol => EtherType.Ipv4,
            Ipv6Protocol => EtherType.Ipv6,
            VxlanGpeHeader.EthernetProtocol => EtherType.TransparentEthernet,
            _ => EtherType.None,
        };
        Network(type, at + VxlanGpeHeader.Length, end);
    }

    // RFC 8926 §3.5: options keep class, type and length.
    private void Geneve(int at, int end)
    {
        const int OptionHeaderLength = 4;
        if (!Fits(at, GeneveHeader.Length, end))
        {
            return;
        }

        Keep(at, GeneveHeader.Length);
        GeneveHeader geneve = MemoryMarshal.Read<GeneveHeader>(_in[at..]);
        if (!Fits(at, geneve.HeaderLength, end))
        {
            return;
        }

        int behind = at + geneve.HeaderLength;
        int option = at + GeneveHeader.Length;
        while (Fits(option, OptionHeaderLength, behind))
        {
            Keep(option, OptionHeaderLength);
            option += OptionHeaderLength + ((_in[option + 3] & 0x1F) * 4);
        }

        Network(geneve.Protocol, behind, end);
    }

    // RFC 2784, RFC 2890; NVGRE (RFC 7637) is the case of a key and Ethernet.
    private void Gre(in UpperLayer upper)
    {
        const byte RoutingBit = 0x40;
        int at = upper.At;
        if (!Fits(at, GreHeader.Length, upper.End))
        {
            return;
        }

        Keep(at, GreHeader.Length);
        GreHeader gre = MemoryMarshal.Read<GreHeader>(_in[at..]);
        bool isKnown = gre.Version == 0 && (_in[at] & RoutingBit) == 0;
        if (!isKnown || !Fits(at, gre.HeaderLength, upper.End))
        {
            return;
        }

        Keep(at, gre.HeaderLength);
        Network(gre.Protocol, at + gre.HeaderLength, upper.End);
        if (gre.HasChecksum)
        {
            CarryChecksum(at + GreHeader.Length, upper, upper.Length, hasPseudoHeader: false);
        }
    }
}
