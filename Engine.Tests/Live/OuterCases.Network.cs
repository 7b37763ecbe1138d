using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Live;

/// <content>The outer network layer and what is below it.</content>
internal sealed partial class OuterCases
{
    private static readonly string[] Nobody = ["0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255"];

    private static byte[] OverIpv4(FrameBuilder outer) => outer.Vxlan(VniValue).Payload(Inner).Build();

    private static FrameBuilder FromC(string destinationMac = MacUplink) =>
        FrameBuilder.Ethernet(MacVtepC, destinationMac);

    private static FrameBuilder FromD(string destinationMac = MacUplink) =>
        FrameBuilder.Ethernet(MacVtepD, destinationMac);

    private static byte[] OverIpv6(FrameBuilder outer) => outer.Udp(50000, 4789).Vxlan(VniValue).Payload(Inner).Build();

    private void AddIpv4Headers()
    {
        foreach (int checksum in new[] { 0, 1, 0xDEAD, 0xFFFF })
        {
            Add($"v4: header checksum {checksum:x4}", OverIpv4(FromC().Ipv4(VtepC, Vtep, checksum: checksum)));
        }

        foreach (int version in new[] { 0, 3, 5, 6, 15 })
        {
            Add($"v4: version {version}", OverIpv4(FromC().Ipv4(VtepC, Vtep, version: version)));
        }

        for (int words = 0; words < 16; words++)
        {
            if (words != 5)
            {
                Add($"v4: a header length of {words} words that is not true",
                    OverIpv4(FromC().Ipv4(VtepC, Vtep, headerWords: words)));
            }
        }

        for (int words = 1; words <= 10; words++)
        {
            byte[] options = Enumerable.Repeat((byte)1, words * 4).ToArray();
            Add($"v4: {words * 4} bytes of options", OverIpv4(FromC().Ipv4(VtepC, Vtep, options: options)));
        }

        AddIpv4Options();
        foreach (byte ttl in new byte[] { 0, 1, 255 })
        {
            Add($"v4: ttl {ttl}", OverIpv4(FromC().Ipv4(VtepC, Vtep, ttl: ttl)));
        }

        Add("v4: without DF", OverIpv4(FromC().Ipv4(VtepC, Vtep, id: 77)));
        Add("v4: the reserved flag", Patch(OverIpv4(FromC().Ipv4(VtepC, Vtep)), 20, 0x80));
        Add("v4: TCP", OverIpv4(FromC().Ipv4(VtepC, Vtep, protocol: 6)));
        Add("v4: UDP-Lite", OverIpv4(FromC().Ipv4(VtepC, Vtep, protocol: 136)));
        foreach (string source in Nobody.Append(Vtep))
        {
            Add($"v4: from {source}", OverIpv4(FromC().Ipv4(source, Vtep)));
        }

        foreach (string source in new[] { "172.31.9.66", "240.0.0.1" })
        {
            Add($"v4: from {source}", OverIpv4(FromC().Ipv4(source, Vtep)), Divergence.SourceVtep);
        }

        foreach (string destination in new[] { "172.31.9.77", "10.9.9.9", "239.1.1.1", "0.0.0.0", "240.0.0.1" })
        {
            Add($"v4: to {destination}", OverIpv4(FromC().Ipv4(VtepC, destination)));
        }

        foreach (string destination in new[] { "172.31.9.255", "255.255.255.255", "224.0.0.1" })
        {
            string mac = destination == "224.0.0.1" ? "01:00:5e:00:00:01" : Broadcast;
            Add($"v4: to {destination}", OverIpv4(FromC(mac).Ipv4(VtepC, destination)), Divergence.GroupDestination);
        }
    }

    private void AddIpv4Options()
    {
        (string Name, string Options)[] all =
        [
            ("record route", "07070400000000 00"),
            ("router alert", "94040000"),
            ("an unknown option", "9e040000"),
            ("an end and zeros", "00000000"),
            ("an end and what it hides", "00070100"),
            ("an option of length 0", "07000000"),
            ("an option of length 1", "07010000"),
            ("an option past the end", "07080400"),
            ("an option without its length", "01010107"),
            ("a loose source route", "83070400000000 00"),
            ("a strict source route that is done", "89070800000000 00"),
        ];
        foreach ((string name, string options) in all)
        {
            Add($"v4: {name}", OverIpv4(FromC().Ipv4(VtepC, Vtep, options: Hex.Bytes(options))));
        }

        Add("v4: a record route whose pointer is too low",
            OverIpv4(FromC().Ipv4(VtepC, Vtep, options: Hex.Bytes("07070300000000 00"))), Divergence.OuterOptions);
    }

    private void AddIpv6Headers()
    {
        foreach (int version in new[] { 0, 4, 5, 15 })
        {
            Add($"v6: version {version}", OverIpv6(FromD().Ipv6(VtepD, Vtep6, version: version)));
        }

        foreach (byte hops in new byte[] { 0, 1, 255 })
        {
            Add($"v6: hop limit {hops}", OverIpv6(FromD().Ipv6(VtepD, Vtep6, hopLimit: hops)));
        }

        Add("v6: flow label", OverIpv6(FromD().Ipv6(VtepD, Vtep6, flowLabel: 0xFFFFF)));
        Add("v6: TCP", OverIpv6(FromD().Ipv6(VtepD, Vtep6, nextHeader: 6)));
        foreach (string source in new[] { "::1", "ff02::5" })
        {
            Add($"v6: from {source}", OverIpv6(FromD().Ipv6(source, Vtep6)));
        }

        foreach (string source in new[] { "fd39::66", "::", Vtep6 })
        {
            Add($"v6: from {source}", OverIpv6(FromD().Ipv6(source, Vtep6)), Divergence.SourceVtep);
        }

        foreach (string destination in new[] { "fd39::77", "fd40::1", "ff05::99", "::", "::1" })
        {
            Add($"v6: to {destination}", OverIpv6(FromD().Ipv6(VtepD, destination)));
        }

        Add("v6: to ff02::1", OverIpv6(FromD(AllNodes).Ipv6(VtepD, "ff02::1")), Divergence.GroupDestination);
        AddExtensionHeaders();
    }

    private void AddExtensionHeaders()
    {
        (string Name, IpProtocol Kind, string Body)[] all =
        [
            ("hop-by-hop padding", IpProtocol.HopByHop, "0104 00000000"),
            ("hop-by-hop router alert", IpProtocol.HopByHop, "05020000 0100"),
            ("an unknown hop-by-hop option to skip", IpProtocol.HopByHop, "1e04 00000000"),
            ("an unknown hop-by-hop option to drop for", IpProtocol.HopByHop, "5e04 00000000"),
            ("an unknown hop-by-hop option to complain of", IpProtocol.HopByHop, "9e04 00000000"),
            ("another unknown hop-by-hop option to complain of", IpProtocol.HopByHop, "de04 00000000"),
            ("an unknown option behind one to skip", IpProtocol.HopByHop, "00 1e00 de01 00"),
            ("destination padding", IpProtocol.DestinationOptions, "0104 00000000"),
            ("an unknown destination option to skip", IpProtocol.DestinationOptions, "1e04 00000000"),
            ("an unknown destination option to drop for", IpProtocol.DestinationOptions, "5e04 00000000"),
            ("an unknown destination option to complain of", IpProtocol.DestinationOptions, "9e04 00000000"),
            ("a routing header that is done", IpProtocol.Routing, "0000 00000000"),
            ("a routing header that is not done", IpProtocol.Routing, "0001 00000000"),
            ("an unknown routing header that is not done", IpProtocol.Routing, "fe01 00000000"),
        ];
        foreach ((string name, IpProtocol kind, string body) in all)
        {
            Add($"v6: {name}", OverIpv6(FromD().Ipv6(VtepD, Vtep6).Extension(kind, Hex.Bytes(body))));
        }

        Add("v6: hop-by-hop and destination options", OverIpv6(FromD().Ipv6(VtepD, Vtep6)
            .Extension(IpProtocol.HopByHop).Extension(IpProtocol.DestinationOptions)));
        Add("v6: hop-by-hop second", OverIpv6(FromD().Ipv6(VtepD, Vtep6)
            .Extension(IpProtocol.DestinationOptions).Extension(IpProtocol.HopByHop)));
        Add("v6: an option past the end", OverIpv6(FromD().Ipv6(VtepD, Vtep6)
            .Extension(IpProtocol.HopByHop, [5, 9, 0, 0, 0, 0])));
        Add("v6: a header longer than the packet", OverIpv6(FromD().Ipv6(VtepD, Vtep6)
            .Extension(IpProtocol.DestinationOptions, length: 255)));
        Add("v6: no next header", OverIpv6(FromD().Ipv6(VtepD, Vtep6, nextHeader: 59)));
    }

    private void AddFragments()
    {
        byte[] datagram = [.. Hex.Bytes("c350 12b5"), 0, 0, 0, 0, .. Hex.Bytes("0800000000138900"), .. Inner];
        (datagram[4], datagram[5]) = ((byte)(datagram.Length >> 8), (byte)datagram.Length);
        byte[] first = FromC().Ipv4(VtepC, Vtep, id: 7, moreFragments: true, protocol: 17)
            .Payload(datagram[..32]).Build();
        byte[] later = FromC().Ipv4(VtepC, Vtep, id: 7, fragmentOffset: 32, protocol: 17)
            .Payload(datagram[32..]).Build();
        Add("v4: a first fragment alone", FromC().Ipv4(VtepC, Vtep, id: 5, moreFragments: true, protocol: 17)
            .Payload(datagram[..32]).Build());
        Add("v4: a later fragment that looks like VXLAN", FromC()
            .Ipv4(VtepC, Vtep, id: 6, fragmentOffset: 800, protocol: 17).Payload(datagram).Build());
        Add("v4: both fragments", [first, later], Divergence.OuterFragment, Divergence.OuterFragment);

        byte[] datagram6 = OverIpv6(FromD().Ipv6(VtepD, Vtep6))[54..];
        Add("v6: a later fragment that looks like VXLAN", FromD().Ipv6(VtepD, Vtep6)
            .Fragment(6, 800, more: false, nextHeader: 17).Payload(datagram6).Build());
        byte[] first6 = FromD().Ipv6(VtepD, Vtep6).Fragment(7, 0, more: true, nextHeader: 17)
            .Payload(datagram6[..32]).Build();
        byte[] later6 = FromD().Ipv6(VtepD, Vtep6).Fragment(7, 32, more: false, nextHeader: 17)
            .Payload(datagram6[32..]).Build();
        Add("v6: both fragments", [first6, later6], Divergence.OuterFragment, Divergence.OuterFragment);
        Add("v6: an atomic fragment", FromD().Ipv6(VtepD, Vtep6).Fragment(8, 0, more: false, nextHeader: 17)
            .Payload(datagram6).Build());
    }

    private void AddEthernet()
    {
        foreach (string mac in new[] { "02:aa:00:00:00:99", "00:00:00:00:00:00" })
        {
            Add($"v4: to MAC {mac}", OverIpv4(FromC(mac).Ipv4(VtepC, Vtep)));
            Add($"v6: to MAC {mac}", OverIpv6(FromD(mac).Ipv6(VtepD, Vtep6)));
        }

        Add("v4: to MAC broadcast", OverIpv4(FromC(Broadcast).Ipv4(VtepC, Vtep)));
        Add("v4: of EtherType IPv6", OverIpv4(FrameBuilder.Ethernet(MacVtepC, MacUplink, 0x86DD).Ipv4(VtepC, Vtep)));
        Add("v4: of an unknown EtherType", OverIpv4(FrameBuilder.Ethernet(MacVtepC, MacUplink, 0x88B5)
            .Ipv4(VtepC, Vtep)));
        Add("v4: a priority tag", OverIpv4(FromC().Vlan(0, priority: 5).Ipv4(VtepC, Vtep)));
        Add("v4: VLAN 7", OverIpv4(FromC().Vlan(7).Ipv4(VtepC, Vtep)), Divergence.OuterVlan);
        Add("v4: VLAN 7 of a provider", OverIpv4(FromC().Vlan(7, tagType: 0x88A8).Ipv4(VtepC, Vtep)),
            Divergence.OuterVlan);
        Add("v4: two tags", OverIpv4(FromC().Vlan(7, tagType: 0x88A8).Vlan(8).Ipv4(VtepC, Vtep)),
            Divergence.OuterVlan);
        Add("v6: VLAN 7", OverIpv6(FromD().Vlan(7).Ipv6(VtepD, Vtep6)), Divergence.OuterVlan);
        Add("v4: four tags", OverIpv4(FromC().Vlan(1).Vlan(2).Vlan(3).Vlan(4).Ipv4(VtepC, Vtep)));
    }
}
