using System.Globalization;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Corpus;

/// <summary>Compares what the parser found in one frame with what tshark shows, layer by layer.</summary>
internal sealed class FieldComparison(TsharkFrame frame)
{
    private static readonly Dictionary<string, string> NextHeaderFields = new()
    {
        ["ipv6.hopopts"] = "ipv6.hopopts.nxt",
        ["ipv6.dstopts"] = "ipv6.dstopts.nxt",
        ["ipv6.routing"] = "ipv6.routing.nxt",
        ["ipv6.fraghdr"] = "ipv6.fraghdr.nxt",
        ["ah"] = "ah.next_header",
        ["mipv6"] = "mip6.proto",
    };

    /// <summary>How many values were compared.</summary>
    public int Fields { get; private set; }

    /// <summary>What differs, in words.</summary>
    public List<string> Differences { get; } = [];

    /// <summary>Compares an Ethernet frame and everything up to the ports.</summary>
    /// <param name="bytes">The bytes that were parsed.</param>
    /// <param name="parsed">What the parser found.</param>
    /// <param name="layer">The place of the Ethernet layer among tshark's.</param>
    public void Compare(ReadOnlySpan<byte> bytes, in ParsedFrame parsed, int layer)
    {
        int n = frame.Ordinal(layer);
        Text("destination MAC", parsed.DestinationMac.ToString(), frame.Text("eth.dst", n));
        Text("source MAC", parsed.SourceMac.ToString(), frame.Text("eth.src", n));
        int first = ++layer;
        while (At(layer) is "vlan" or "ieee8021ad")
        {
            layer++;
        }

        Number("VLAN tags", parsed.VlanCount, (uint)(layer - first));
        if (layer > first)
        {
            string field = frame.Layers[first] == "vlan" ? "vlan.id" : "ieee8021ad.id";
            Number("VLAN id", parsed.VlanId, frame.Number(field, frame.Ordinal(first)));
        }

        switch (At(layer))
        {
            case "ip" when parsed.Family == IpFamily.V4:
                CompareIpv4(parsed, layer);
                break;
            case "ipv6" when parsed.Family == IpFamily.V6:
                CompareIpv6(parsed, layer);
                break;
            case "arp" when parsed.IsArp:
                CompareArp(bytes, parsed, frame.Ordinal(layer));
                break;
            default:
                bool isKnown = At(layer) is "ip" or "ipv6" or "arp";
                Text("IP or ARP", (parsed.IsIp || parsed.IsArp).ToString(), isKnown.ToString());
                break;
        }
    }

    /// <summary>Compares the outermost VXLAN header.</summary>
    public void CompareVni(in TunnelHeader header) => Number("VNI", header.Vni.Value, frame.Number("vxlan.vni"));

    private void CompareArp(ReadOnlySpan<byte> bytes, in ParsedFrame parsed, int n)
    {
        new PacketReader(bytes, parsed.L3Offset).TryRead(out ArpPacket arp);
        Number("ARP operation", (uint)arp.Operation, frame.Number("arp.opcode", n));
        Text("ARP sender MAC", arp.SenderMac.ToString(), frame.Text("arp.src.hw_mac", n));
        Text("ARP target MAC", arp.TargetMac.ToString(), frame.Text("arp.dst.hw_mac", n));
        Text("ARP sender", parsed.Source.ToString(), frame.Text("arp.src.proto_ipv4", n));
        Text("ARP target", parsed.Destination.ToString(), frame.Text("arp.dst.proto_ipv4", n));
    }

    private void CompareIpv4(in ParsedFrame parsed, int layer)
    {
        int n = frame.Ordinal(layer);
        Text("source", parsed.Source.ToString(), frame.Text("ip.src", n));
        Text("destination", parsed.Destination.ToString(), frame.Text("ip.dst", n));
        Number("protocol", (uint)parsed.Protocol, frame.Number("ip.proto", n));
        Number("TTL", parsed.Ttl, frame.Number("ip.ttl", n));
        Number("traffic class", parsed.TrafficClass, frame.Number("ip.dsfield", n));
        Number("don't fragment", parsed.DontFragment ? 1u : 0, frame.Number("ip.flags.df", n));
        uint offset = (frame.Number("ip.frag_offset", n) ?? 0) * 8;
        bool isFragment = offset != 0 || frame.Number("ip.flags.mf", n) == 1;
        CompareFragment(parsed, offset, isFragment, isFragment ? frame.Number("ip.id", n) : 0);
        if (offset == 0)
        {
            CompareTransport(parsed, layer + 1);
        }
    }

    private void CompareIpv6(in ParsedFrame parsed, int layer)
    {
        int n = frame.Ordinal(layer);
        Text("source", parsed.Source.ToString(), frame.Text("ipv6.src", n));
        Text("destination", parsed.Destination.ToString(), frame.Text("ipv6.dst", n));
        Number("hop limit", parsed.Ttl, frame.Number("ipv6.hlim", n));
        Number("traffic class", parsed.TrafficClass, frame.Number("ipv6.tclass", n));
        uint? next = frame.Number("ipv6.nxt", n);
        uint offset = 0;
        bool isFragment = false;
        uint? id = 0;
        for (layer++; At(layer) is string name && NextHeaderFields.TryGetValue(name, out string? field); layer++)
        {
            int m = frame.Ordinal(layer);
            next = frame.Number(field, m) ?? next;
            if (name == "ipv6.fraghdr")
            {
                offset = (frame.Number("ipv6.fraghdr.offset", m) ?? 0) * 8;
                isFragment = offset != 0 || frame.Number("ipv6.fraghdr.more", m) == 1;
                id = isFragment ? frame.Number("ipv6.fraghdr.ident", m) : 0;
            }
        }

        Number("protocol", (uint)parsed.Protocol, next);
        CompareFragment(parsed, offset, isFragment, id);
        if (offset == 0)
        {
            CompareTransport(parsed, layer);
        }
    }

    private void CompareFragment(in ParsedFrame parsed, uint offset, bool isFragment, uint? id)
    {
        FragmentKind kind = offset != 0 ? FragmentKind.Later : isFragment ? FragmentKind.First : FragmentKind.None;
        Text("fragment", parsed.Fragment.ToString(), kind.ToString());
        Number("fragment offset", (uint)parsed.FragmentOffset, offset);
        Number("fragment id", parsed.FragmentId, id);
    }

    private void CompareTransport(in ParsedFrame parsed, int layer)
    {
        string name = At(layer) ?? "nothing";
        if (name is not ("tcp" or "udp" or "sctp" or "icmp" or "icmpv6"))
        {
            Text("transport", parsed.HasTransport ? parsed.Protocol.ToString() : "nothing", "nothing");
            return;
        }

        int n = frame.Ordinal(layer);
        Text("transport", parsed.HasTransport.ToString(), bool.TrueString);
        if (name is "icmp" or "icmpv6")
        {
            Number("ICMP type", parsed.IcmpType, frame.Number($"{name}.type", n));
            Number("ICMP code", parsed.IcmpCode, frame.Number($"{name}.code", n));
            bool isEcho = name == "icmp" ? parsed.IcmpType is 0 or 8 : parsed.IcmpType is 128 or 129;
            if (isEcho)
            {
                string id = name == "icmp" ? "icmp.ident" : "icmpv6.echo.identifier";
                Number("ICMP id", parsed.SourcePort, frame.Number(id, n));
            }

            return;
        }

        Number("source port", parsed.SourcePort, frame.Number($"{name}.srcport", n));
        Number("destination port", parsed.DestinationPort, frame.Number($"{name}.dstport", n));
        if (name == "tcp")
        {
            Number("TCP flags", (uint)parsed.TcpFlags, frame.Number("tcp.flags", n) & 0x1FF);
        }
    }

    private string? At(int layer) => layer < frame.Layers.Count ? frame.Layers[layer] : null;

    private void Number(string what, uint engine, uint? tshark) => Text(
        what, engine.ToString(CultureInfo.InvariantCulture), tshark?.ToString(CultureInfo.InvariantCulture));

    private void Text(string what, string engine, string? tshark)
    {
        Fields++;
        if (!string.Equals(engine, tshark, StringComparison.Ordinal))
        {
            Differences.Add($"{what}: {engine}, tshark {tshark ?? "none"}");
        }
    }
}
