using VxlanEngine.Tests.Frames;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Live;

/// <content>What is inside the tunnel.</content>
internal sealed partial class OuterCases
{
    private static FrameBuilder FromStationC(string destination = MacA) => FrameBuilder.Ethernet(MacC, destination);

    private void AddCongestion()
    {
        foreach (string source in Families)
        {
            for (int i = 0; i < 16; i++)
            {
                (int inner, int outer) = (i / 4, i % 4);
                byte[] v4 = FromStationC().Ipv4(IpC, IpA, tos: (byte)(0xB8 | inner)).Udp(53, 1000).Build();
                byte[] v6 = FromStationC().Ipv6(Ip6C, Ip6A, trafficClass: (byte)(0xB8 | inner), flowLabel: 0xFFFFF)
                    .Udp(53, 1000).Build();
                Add($"{FamilyOf(source)}: ECN {inner} of IPv4 behind {outer}",
                    Outer((byte)(0x28 | outer), source).Vxlan(VniValue).Payload(v4).Build());
                Add($"{FamilyOf(source)}: ECN {inner} of IPv6 behind {outer}",
                    Outer((byte)(0x28 | outer), source).Vxlan(VniValue).Payload(v6).Build());
            }

            Add($"{FamilyOf(source)}: CE in front of what is not IP",
                Outer(3, source).Vxlan(VniValue).Payload(FromStationC().Payload(46).Build()).Build());
            Add($"{FamilyOf(source)}: CE in front of ARP", Outer(3, source).Vxlan(VniValue)
                .Payload(FromStationC(Broadcast).ArpRequest(MacC, IpC, IpA).Build()).Build());
        }
    }

    private void AddStations()
    {
        foreach (string mac in new[] { "00:00:00:00:00:00", Broadcast, "03:42:0a:00:02:07", "33:33:00:00:00:01", MacA })
        {
            Add($"inner source MAC {mac}", Tunnelled(FrameBuilder.Ethernet(mac, MacA).Payload(46).Build()));
        }

        Add("inner source MAC of another endpoint",
            Tunnelled(FrameBuilder.Ethernet(MacB, MacA).Payload(46).Build()), Divergence.OtherStation);
        Add("inner source MAC of nobody known", Tunnelled(FrameBuilder.Ethernet(MacUnknown, MacA).Payload(46).Build()));
        foreach (string mac in new[] { MacA, MacB, Broadcast, "01:00:5e:01:02:03", AllNodes })
        {
            Add($"inner destination MAC {mac}", Tunnelled(FromStationC(mac).Payload(46).Build()));
        }

        foreach (string mac in new[] { MacUnknown, "00:00:00:00:00:00", MacE })
        {
            Add($"inner destination MAC {mac}", Tunnelled(FromStationC(mac).Payload(46).Build()),
                Divergence.Destination);
        }
    }

    private void AddInnerTags()
    {
        (string Name, byte[] Frame)[] tagged =
        [
            ("a tag", FromStationC().Vlan(5).Ipv4(IpC, IpA).Udp(53, 1000).Build()),
            ("a priority tag", FromStationC().Vlan(0, priority: 3).Ipv4(IpC, IpA).Udp(53, 1000).Build()),
            ("a provider's tag", FromStationC().Vlan(5, tagType: 0x88A8).Payload(46).Build()),
            ("two tags", FromStationC().Vlan(5, tagType: 0x88A8).Vlan(6).Ipv6(Ip6C, Ip6A).Udp(53, 1000).Build()),
            ("three tags", FromStationC().Vlan(5).Vlan(6).Vlan(7).Payload(46).Build()),
        ];
        foreach ((string name, byte[] frame) in tagged)
        {
            Add($"inner: {name}", [Tunnelled(frame)], Divergence.InnerVlan, null);
        }

        Add("inner: four tags", Tunnelled(FromStationC().Vlan(5).Vlan(6).Vlan(7).Vlan(8).Payload(46).Build()),
            Divergence.InnerPacket);
    }

    private void AddInnerPackets()
    {
        (string Name, byte[] Frame)[] whole =
        [
            ("ARP", FromStationC(Broadcast).ArpRequest(MacC, IpC, IpA).Build()),
            ("a wrong UDP checksum", FromStationC().Ipv4(IpC, IpA).Udp(53, 1000, checksum: 0xDEAD).Build()),
            ("a wrong IPv4 checksum", FromStationC().Ipv4(IpC, IpA, checksum: 0xDEAD).Udp(53, 1000).Build()),
            ("options", FromStationC().Ipv4(IpC, IpA, options: [0x94, 4, 0, 0]).Udp(53, 1000).Build()),
            ("ttl 0", FromStationC().Ipv4(IpC, IpA, ttl: 0).Udp(53, 1000).Build()),
            ("padding", FromStationC().Ipv4(IpC, IpA).Udp(53, 1000).Padding(18).Build()),
            ("TCP", FromStationC().Ipv4(IpC, IpA).Tcp(80, 1000).Payload(20).Build()),
            ("SCTP", FromStationC().Ipv4(IpC, IpA).Sctp(80, 1000).Payload(16).Build()),
            ("ESP", FromStationC().Ipv4(IpC, IpA, protocol: 50).Payload(24).Build()),
            ("GRE", FromStationC().Ipv4(IpC, IpA).Gre(5).Payload(24).Build()),
            ("an 802.3 length",
                FrameBuilder.Ethernet(MacC, MacA, 0x26).Payload(Hex.Bytes("424203")).Payload(43).Build()),
            ("MPLS", FrameBuilder.Ethernet(MacC, MacA, 0x8847).Payload(40).Build()),
            ("VXLAN", FromStationC().Ipv4(IpC, IpA).Vxlan(9).Payload(Inner).Build()),
            ("an echo", FromStationC().Ipv4(IpC, IpA).IcmpEchoRequest(1, 2).Payload(32).Build()),
            ("an echo over IPv6", FromStationC().Ipv6(Ip6C, Ip6A).Icmpv6EchoRequest(1, 2).Payload(32).Build()),
        ];
        foreach ((string name, byte[] frame) in whole)
        {
            Add($"inner: {name}", Tunnelled(frame));
        }

        (string Name, byte[] Frame)[] malformed =
        [
            ("version 5", FromStationC().Ipv4(IpC, IpA, version: 5).Udp(53, 1000).Build()),
            ("total length beyond the frame", FromStationC().Ipv4(IpC, IpA, totalLength: 99).Udp(53, 1000).Build()),
            ("total length 19", FromStationC().Ipv4(IpC, IpA, totalLength: 19).Udp(53, 1000).Build()),
            ("UDP length 7", FromStationC().Ipv4(IpC, IpA).Udp(53, 1000, length: 7).Build()),
            ("UDP length beyond the packet", FromStationC().Ipv4(IpC, IpA).Udp(53, 1000, length: 99).Build()),
            ("a TCP header of 16 bytes", FromStationC().Ipv4(IpC, IpA).Tcp(80, 1000, headerWords: 4).Build()),
            ("half an ARP packet", FromStationC(Broadcast).ArpRequest(MacC, IpC, IpA).Build()[..30]),
            ("payload length beyond the frame", FromStationC().Ipv6(Ip6C, Ip6A, payloadLength: 99).Udp(1, 2).Build()),
        ];
        foreach ((string name, byte[] frame) in malformed)
        {
            Add($"inner: {name}", Tunnelled(frame), Divergence.InnerPacket);
        }
    }
}
