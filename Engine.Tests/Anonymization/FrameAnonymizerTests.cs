using System.Buffers.Binary;
using VxlanEngine.Anonymization;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

/// <summary>What becomes of frames: the same frame, built again with mapped addresses and zeros for payload.</summary>
public sealed class FrameAnonymizerTests
{
    private static readonly AddressMapping Addresses = AddressMappingTests.Make("a key");
    private static readonly MacMapping Macs = new(AddressMappingTests.KeyOf("a key"), Addresses);

    private static readonly Dictionary<string, Func<Names, FrameBuilder>> Frames = new(StringComparer.Ordinal)
    {
        ["tcp"] = n => V4(n).Tcp(80, 1024, TcpFlags.Syn, options: [2, 4, 5, 180]).Payload(n.Secret(21)),
        ["udp"] = n => V4(n).Udp(5000, 53).Payload(n.Secret(20)),
        ["udp without checksum"] = n => V4(n).Udp(5000, 53, checksum: 0).Payload(n.Secret(20)),
        ["sctp"] = n => V4(n).Sctp(1, 2).Payload([0, 3, 0, 12, .. n.Secret(8)]),
        ["echo"] = n => V4(n).IcmpEchoRequest(7, 1).Payload(n.Secret(33)),
        ["icmp error"] = n => V4(n).Icmp(3, 4, 1450).Ipv4(n.Ip("10.0.0.2"), n.Ip("10.0.0.1")).Udp(1, 2)
            .Payload(n.Secret(6)),
        ["icmp redirect"] = n => V4(n).Icmp(5, 1, n.Number("10.0.0.3")).Ipv4(n.Ip("10.0.0.2"), n.Ip("10.9.0.1"))
            .Tcp(1, 2).Payload(n.Secret(8)),
        ["igmp"] = n => V4(n, "239.7.8.9").Igmp(0x16, n.Ip("239.7.8.9")),
        ["record route"] = n => FrameBuilder.Ethernet(n.Mac("02:42:0a:00:00:01"), n.Mac("02:42:0a:00:00:02"))
            .Ipv4(n.Ip("10.0.0.1"), n.Ip("10.0.0.2"), options: [7, 11, 12, .. n.Ip4("10.7.0.1"), 0, 0, 0, 0, 0])
            .Udp(1, 2).Payload(n.Secret(4)),
        ["esp"] = n => FrameBuilder.Ethernet(n.Mac("02:42:0a:00:00:01"), n.Mac("02:42:0a:00:00:02"))
            .Ipv4(n.Ip("10.0.0.1"), n.Ip("10.0.0.2"), protocol: 50).Payload(n.Secret(24)),
        ["gre"] = n => V4(n).Gre(protocol: 0x0800).Ipv4(n.Ip("10.1.0.1"), n.Ip("10.1.0.2")).Udp(1, 2)
            .Payload(n.Secret(4)),
        ["nvgre"] = n => Inner(n, V4(n).Gre(key: 5001 << 8)).Udp(1, 2).Payload(n.Secret(4)),
        ["ip in ip"] = n => V4(n).Ipv4(n.Ip("10.1.0.1"), n.Ip("10.1.0.2")).Tcp(1, 2).Payload(n.Secret(4)),
        ["geneve"] = n => Inner(n, V4(n).Udp(1, 6081).Geneve(5001)).Tcp(1, 2).Payload(n.Secret(4)),
        ["vxlan"] = n => Inner(n, V4(n).Vxlan(5001)).Tcp(1, 2).Payload(n.Secret(4)),
        ["vxlan over ipv6"] = n => Inner(n, V6(n).Vxlan(5001)).Icmp(11).Ipv4(n.Ip("10.1.0.2"), n.Ip("10.2.0.2"))
            .Udp(1, 2),
        ["vxlan in vxlan"] = n => Inner(n, Inner(n, V4(n).Vxlan(5001)).Vxlan(5002)).Udp(7, 8).Payload(n.Secret(4)),
        ["tcp over ipv6"] = n => V6(n).Tcp(1, 2).Payload(n.Secret(20)),
        ["udp in three vlans"] = n => FrameBuilder.Ethernet(n.Mac("02:42:0a:00:00:01"), n.Mac("02:42:0a:00:00:02"))
            .Vlan(1, tagType: 0x88A8).Vlan(2, tagType: 0x9100).Vlan(3)
            .Ipv6(n.Ip("fd00::1"), n.Ip("fd00::2")).Udp(1, 2),
        ["udp in more vlans than the parser follows"] = n => FrameBuilder
            .Ethernet(n.Mac("02:42:0a:00:00:01"), n.Mac("02:42:0a:00:00:02"))
            .Vlan(1).Vlan(2).Vlan(3).Vlan(4).Vlan(5).Ipv4(n.Ip("10.0.0.1"), n.Ip("10.0.0.2")).Udp(1, 2)
            .Payload(n.Secret(4)),
        ["udp behind more extension headers than the parser follows"] = n => Enumerable.Range(0, 12)
            .Aggregate(V6(n), (packet, _) => packet.Extension(IpProtocol.DestinationOptions))
            .Udp(1, 2).Payload(n.Secret(4)),
        ["atomic fragment"] = n => V6(n).Fragment(9, 0, more: false).Udp(1, 2).Payload(n.Secret(21)),
        ["neighbour solicitation"] = n => V6(n, "ff02::1:ff00:2")
            .NeighborSolicitation(n.Ip("fd00::2"), n.Mac("02:42:0a:00:00:01")),
        ["neighbour advertisement"] = n => V6(n).NeighborAdvertisement(n.Ip("fd00::2"), n.Mac("02:42:0a:00:00:02")),
        ["router advertisement"] = n => V6(n).Icmpv6(134, 0, 0x4000_0708).Payload(
            [0, 0, 1, 2, 0, 0, 3, 4, 5, 1, 0, 0, 0, 0, 5, 220, 25, 3, 0, 0, 0, 0, 1, 0, .. n.Ip6("fd00::53")]),
        ["redirect"] = n => V6(n).Icmpv6(137).Payload(
            [.. n.Ip6("fe80::7"), .. n.Ip6("fd09::2"), 2, 1, .. n.Mac6("02:42:0a:00:00:07")]),
        ["listener report"] = n => V6(n, "ff02::16").Icmpv6(143, 0, 1).Payload(
            [4, 0, 0, 1, .. n.Ip6("ff05::aaaa:bbbb"), .. n.Ip6("fd00::9")]),
        ["home address and route"] = n => V6(n)
            .Extension(IpProtocol.DestinationOptions, [1, 2, 0, 0, 0xC9, 16, .. n.Ip6("fd00::99")])
            .Extension(IpProtocol.Routing, [0, 0, 0, 0, 0, 0, .. n.Ip6("fd00::77")]).Udp(1, 2).Payload(n.Secret(4)),
        ["arp"] = n => FrameBuilder.Ethernet(n.Mac("02:42:0a:00:00:01"), "ff:ff:ff:ff:ff:ff")
            .ArpReply(n.Mac("02:42:0a:00:00:01"), n.Ip("10.0.0.1"), n.Mac("02:42:0a:00:00:02"), n.Ip("10.0.0.2")),
        ["unknown ether type"] = n => FrameBuilder
            .Ethernet(n.Mac("02:42:0a:00:00:01"), n.Mac("02:42:0a:00:00:02"), type: 0x88CC).Payload(n.Secret(46)),
        ["spanning tree"] = n => FrameBuilder
            .Ethernet(n.Mac("02:42:0a:00:00:01"), "01:80:c2:00:00:00", type: 38)
            .Payload([0x42, 0x42, 3, .. n.Secret(35)]),
    };

    public static TheoryData<string> FrameNames => [.. Frames.Keys];

    public static TheoryData<string> SampleNames => [.. FrameSamples.All.Keys];

    [Theory]
    [MemberData(nameof(FrameNames))]
    public void A_frame_becomes_the_one_that_mapped_hosts_would_have_sent_with_zeros_in_it(string name)
    {
        byte[] frame = Frames[name](new Names(IsMapped: false)).Build();
        byte[] expected = Frames[name](new Names(IsMapped: true)).Build();
        Assert.NotEqual(Hex.Text(frame), Hex.Text(expected));
        Assert.Equal(Hex.Text(expected), Hex.Text(Anonymize(frame)));
    }

    [Theory]
    [MemberData(nameof(FrameNames))]
    public void A_checksum_that_is_off_stays_off_by_as_much(string name)
    {
        byte[] frame = Frames[name](new Names(IsMapped: false)).Build();

        // A wrong sum does not tell whether it was computed with the addresses of the header or the final ones.
        if (name == "home address and route"
            || PacketParser.ParseFrame(frame, 0, out ParsedFrame parsed) != DropReason.None
            || ChecksumAt(parsed) is not int at)
        {
            return;
        }

        byte[] right = Anonymize(frame);
        ushort before = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(at));
        ushort after = BinaryPrimitives.ReadUInt16BigEndian(right.AsSpan(at));
        if (before == 0)
        {
            Assert.Equal(0, after);
            return;
        }

        const ushort Error = 0x1234;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(at), OnesSum(before, Error));
        byte[] wrong = Anonymize(frame);
        Assert.Equal(OnesSum(after, Error), BinaryPrimitives.ReadUInt16BigEndian(wrong.AsSpan(at)));
    }

    [Fact]
    public void Padding_becomes_zeros()
    {
        byte[] frame = V4(new Names(false)).Udp(1, 2).Padding(20).Build();
        byte[] expected = [.. V4(new Names(true)).Udp(1, 2).Build(), .. new byte[20]];
        Assert.Equal(Hex.Text(expected), Hex.Text(Anonymize(frame)));
    }

    [Fact]
    public void A_checksum_left_to_the_network_card_is_left_to_it_again()
    {
        static byte[] Frame(Names n, int checksum) => V4(n).Udp(1, 2, checksum: checksum).Payload(n.Secret(10)).Build();

        int Pseudo(Names n)
        {
            byte[] header = [.. n.Ip4("10.0.0.1"), .. n.Ip4("10.0.0.2"), 0, 17, 0, 18];
            return 0xFFFF - FrameBuilder.InternetChecksum(header);
        }

        var original = new Names(IsMapped: false);
        var mapped = new Names(IsMapped: true);
        Assert.Equal(
            Hex.Text(Frame(mapped, Pseudo(mapped))), Hex.Text(Anonymize(Frame(original, Pseudo(original)))));
    }

    [Fact]
    public void A_frame_that_the_capture_cut_keeps_its_headers_and_a_checksum_over_zeros()
    {
        byte[] frame = V4(new Names(false)).Tcp(1, 2).Payload(100).Build();
        byte[] expected = V4(new Names(true)).Tcp(1, 2).Payload(new byte[100]).Build();
        Assert.Equal(Hex.Text(expected.AsSpan(0, 80)), Hex.Text(Anonymize(frame[..80])));
    }

    [Fact]
    public void Dhcp_keeps_its_addresses_mapped_and_no_names()
    {
        byte[] Payload(Names n) =>
        [
            2, 1, 6, 0, 1, 2, 3, 4, 0, 0, 0, 0,
            .. n.Ip4("0.0.0.0"), .. n.Ip4("10.0.0.9"), .. n.Ip4("10.0.0.1"), .. n.Ip4("10.0.0.7"),
            .. n.Mac6("02:42:0a:00:00:09"), .. n.Secret(10), .. n.Secret(64), .. n.Secret(128),
            0x63, 0x82, 0x53, 0x63, 53, 1, 5, 54, 4, .. n.Ip4("10.0.0.1"), 12, 5, .. n.Secret(5), 255, .. n.Secret(3),
        ];

        FrameBuilder Frame(Names n) => V4(n).Udp(67, 68).Payload(Payload(n));
        Assert.Equal(
            Hex.Text(Frame(new Names(true)).Build()), Hex.Text(Anonymize(Frame(new Names(false)).Build())));
    }

    [Fact]
    public void Other_ports_of_vxlan_are_opened_when_they_are_named()
    {
        static FrameBuilder Frame(Names n) =>
            Inner(n, V4(n).Udp(1, 8472, checksum: 0).Payload([8, 0, 0, 0, 0, 0, 1, 0])).Udp(1, 2);

        byte[] frame = Frame(new Names(false)).Build();
        string opened = Hex.Text(Frame(new Names(true)).Build());
        Assert.Equal(opened, Hex.Text(Anonymize(frame, 8472)));
        Assert.NotEqual(opened, Hex.Text(Anonymize(frame)));
    }

    [Fact]
    public void Link_types_that_are_not_followed_become_zeros_and_packets_without_link_do_not()
    {
        byte[] frame = V4(new Names(false)).Udp(1, 2).Build();
        byte[] expected = V4(new Names(true)).Udp(1, 2).Build();
        Assert.Equal(Hex.Text(expected.AsSpan(14)), Hex.Text(Anonymize(frame[14..], LinkType.Raw)));
        Assert.Equal(
            Hex.Text([0, 0, 0, 2, .. expected.AsSpan(14)]),
            Hex.Text(Anonymize([0, 0, 0, 2, .. frame.AsSpan(14)], LinkType.Loop)));
        Assert.All(Anonymize(frame, LinkType.Ieee80211), b => Assert.Equal(0, b));
    }

    [Theory]
    [MemberData(nameof(SampleNames))]
    public void A_sample_is_parsed_as_before(string name) => AssertParsedAlike(FrameSamples.All[name]);

    [Theory]
    [MemberData(nameof(SampleNames))]
    public void A_sample_cut_anywhere_is_parsed_as_before(string name)
    {
        byte[] frame = FrameSamples.All[name];
        for (int length = 0; length < frame.Length; length++)
        {
            AssertParsedAlike(frame[..length]);
        }
    }

    [Fact]
    public void Mutated_frames_are_parsed_as_before()
    {
        var mutator = new FrameMutator(seed: 7, [.. FrameSamples.All.Values]);
        for (int i = 0; i < 10_000; i++)
        {
            AssertParsedAlike(mutator.Next());
        }
    }

    private static void AssertParsedAlike(byte[] frame)
    {
        byte[] result = new byte[frame.Length];
        int kept = Anonymizer().Anonymize(frame, LinkType.Ethernet, result);
        Assert.False(result.AsSpan(kept).ContainsAnyExcept((byte)0), Hex.Text(frame));
        DropReason before = PacketParser.ParseFrame(frame, 0, out ParsedFrame was);
        DropReason after = PacketParser.ParseFrame(result, 0, out ParsedFrame now);
        string text = Hex.Text(frame);
        Assert.Equal((text, before, Facts(was)), (text, after, Facts(now)));
        if (before == DropReason.None && was.Tunnel == TunnelKind.Vxlan && was.Fragment == FragmentKind.None)
        {
            ITunnelProtocol protocol = TunnelProtocols.Vxlan;
            before = PacketParser.ParseTunnel(frame, was, protocol, out TunnelHeader vxlan, out ParsedFrame inner);
            after = PacketParser.ParseTunnel(
                result, now, protocol, out TunnelHeader vxlanNow, out ParsedFrame innerNow);
            Assert.Equal((text, before, vxlan), (text, after, vxlanNow));
            Assert.Equal((text, Facts(inner)), (text, Facts(innerNow)));
        }

        if (was.IsIcmpError)
        {
            before = PacketParser.ParseQuotedPacket(frame, was.PayloadOffset, was.L3End, was.Family, out was);
            after = PacketParser.ParseQuotedPacket(result, now.PayloadOffset, now.L3End, now.Family, out now);
            Assert.Equal((text, before, Facts(was)), (text, after, Facts(now)));
        }
    }

    /// <summary>What the parser found, with the addresses that there should be.</summary>
    private static string Facts(ParsedFrame frame)
    {
        frame.SourceMac = default;
        frame.DestinationMac = default;
        frame.Source = default;
        frame.Destination = default;
        return string.Join(' ', typeof(ParsedFrame).GetFields().Select(f => $"{f.Name}={f.GetValue(frame)}"));
    }

    private static int? ChecksumAt(in ParsedFrame frame) => frame.Protocol switch
    {
        IpProtocol.Tcp => frame.L4Offset + 16,
        IpProtocol.Udp => frame.L4Offset + 6,
        IpProtocol.Icmp or IpProtocol.Icmpv6 or IpProtocol.Igmp => frame.L4Offset + 2,
        _ => null,
    };

    private static ushort OnesSum(int a, int b) => (ushort)(((a + b) & 0xFFFF) + ((a + b) >> 16));

    private static FrameAnonymizer Anonymizer(params ushort[] vxlanPorts) =>
        new(Addresses, Macs, vxlanPorts.Select(port => KeyValuePair.Create(port, TunnelKind.Vxlan)));

    private static byte[] Anonymize(byte[] frame, params ushort[] ports)
    {
        byte[] result = [.. Enumerable.Repeat((byte)0xEE, frame.Length)];
        Anonymizer(ports).Anonymize(frame, LinkType.Ethernet, result);
        return result;
    }

    private static byte[] Anonymize(byte[] frame, LinkType linkType)
    {
        byte[] result = new byte[frame.Length];
        Anonymizer().Anonymize(frame, linkType, result);
        return result;
    }

    private static FrameBuilder V4(Names n, string destination = "10.0.0.2") =>
        FrameBuilder.Ethernet(n.Mac("02:42:0a:00:00:01"), n.Mac("02:42:0a:00:00:02"))
            .Ipv4(n.Ip("10.0.0.1"), n.Ip(destination));

    private static FrameBuilder V6(Names n, string destination = "fd00::2") =>
        FrameBuilder.Ethernet(n.Mac("02:42:0a:00:00:01"), n.Mac("02:42:0a:00:00:02"))
            .Ipv6(n.Ip("fd00::1"), n.Ip(destination), hopLimit: 255);

    private static FrameBuilder Inner(Names n, FrameBuilder outer) =>
        outer.InnerEthernet(n.Mac("02:42:0a:00:00:03"), n.Mac("02:42:0a:00:00:04"))
            .Ipv4(n.Ip("10.1.0.1"), n.Ip("10.1.0.2"));

    /// <summary>Addresses and payload of a frame, as they are or as they should become.</summary>
    private sealed record Names(bool IsMapped)
    {
        public string Ip(string address) => IsMapped ? Addresses.Map(IpAddress.Parse(address)).ToString() : address;

        public string Mac(string mac) => IsMapped ? Macs.Map(MacAddress.Parse(mac)).ToString() : mac;

        public byte[] Ip4(string address) => System.Net.IPAddress.Parse(Ip(address)).GetAddressBytes();

        public byte[] Ip6(string address) => System.Net.IPAddress.Parse(Ip(address)).GetAddressBytes();

        public byte[] Mac6(string mac) => Convert.FromHexString(Mac(mac).Replace(":", "", StringComparison.Ordinal));

        public uint Number(string address) => BinaryPrimitives.ReadUInt32BigEndian(Ip4(address));

        public byte[] Secret(int length) =>
            IsMapped ? new byte[length] : [.. Enumerable.Range(1, length).Select(i => (byte)(i * 37))];
    }
}
