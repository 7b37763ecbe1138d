using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

public sealed class IcmpErrorsTests
{
    private const string Group = "01:00:5e:00:00:01";
    private const string Zero = "00:00:00:00:00:00";

    private static readonly ValueArray<IpPrefix> Subnets =
        [IpPrefix.Parse("10.0.1.0/24"), IpPrefix.Parse("10.0.3.0/31"), IpPrefix.Parse("fd01::/64")];

    public static TheoryData<string, FrameBuilder, bool> Senders() => new()
    {
        { "a station", From("10.0.1.5"), true },
        { "no address", From("0.0.0.0"), false },
        { "this network", From("0.1.2.3"), false },
        { "loopback", From("127.0.0.1"), false },
        { "a group", From("224.0.0.1"), false },
        { "class E", From("240.0.0.1"), false },
        { "everybody", From("255.255.255.255"), false },
        { "everybody in the subnet", From("10.0.1.255"), false },
        { "the second of two", From("10.0.3.1"), true },
        { "to a group", FrameBuilder.Ethernet().Ipv4("10.0.1.5", "239.1.1.1").Udp(1, 2), false },
        { "to everybody", FrameBuilder.Ethernet().Ipv4("10.0.1.5", "255.255.255.255").Udp(1, 2), false },
        { "to the subnet", FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.255").Udp(1, 2), false },
        { "to a group's MAC", FrameBuilder.Ethernet(destination: Group).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2), false },
        { "from a group's MAC", FrameBuilder.Ethernet(Group).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2), false },
        { "from no MAC", FrameBuilder.Ethernet(Zero).Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2), false },
        { "first fragment", Part(0, more: true).Udp(1, 2).Payload(8), true },
        { "later fragment", Part(8, more: true).Payload(8), false },
        { "last fragment", Part(16, more: false).Payload(8), false },
        { "echo", Packet().IcmpEchoRequest(1, 1), true },
        { "unreachable", Packet().Icmp(3, 1).Payload(Quoted()), false },
        { "source quench", Packet().Icmp(4).Payload(Quoted()), false },
        { "redirect", Packet().Icmp(5).Payload(Quoted()), false },
        { "time exceeded", Packet().Icmp(11).Payload(Quoted()), false },
        { "parameter problem", Packet().Icmp(12).Payload(Quoted()), false },
        { "not IP", FrameBuilder.Ethernet().Payload(46), false },
        { "IPv6", Packet6("fd01::5", "fd01::6").Udp(1, 2), true },
        { "IPv6, link-local", Packet6("fe80::5", "fd01::6").Udp(1, 2), true },
        { "IPv6, no address", Packet6("::", "fd01::6").Udp(1, 2), false },
        { "IPv6, a group", Packet6("ff02::1", "fd01::6").Udp(1, 2), false },
        { "IPv6, to a group", Packet6("fd01::5", "ff02::1").Udp(1, 2), false },
        { "IPv6, echo", Packet6("fd01::5", "fd01::6").Icmpv6EchoRequest(1, 1), true },
        { "IPv6, too big", Packet6("fd01::5", "fd01::6").Icmpv6(2).Payload(Quoted6()), false },
        { "IPv6, time exceeded", Packet6("fd01::5", "fd01::6").Icmpv6(3).Payload(Quoted6()), false },
        { "IPv6, an unknown error", Packet6("fd01::5", "fd01::6").Icmpv6(100).Payload(Quoted6()), false },
        { "IPv6, redirect", Packet6("fd01::5", "fd01::6").Icmpv6(137).Payload(32), false },
        {
            "IPv6, later fragment",
            Packet6("fd01::5", "fd01::6").Fragment(1, 8, more: false, nextHeader: 17).Payload(8),
            false
        },
    };

    [Theory]
    [MemberData(nameof(Senders))]
    [Trait("Scenario", "MT05")]
    public void Only_stations_are_told_and_never_of_errors_or_later_fragments(
        string what, FrameBuilder frame, bool isTold)
    {
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame.Build(), 0, out ParsedFrame packet));
        Assert.True(isTold == IcmpErrors.MayAnswer(packet, Subnets), what);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(520)]
    [InlineData(521)]
    [InlineData(1400)]
    [Trait("Scenario", "MT02")]
    public void An_ipv4_error_has_576_bytes_at_most(int payload)
    {
        byte[] bytes = Packet().Udp(1, 2).Payload(payload).Build();
        PacketParser.ParseFrame(bytes, 0, out ParsedFrame packet);
        int quoted = Math.Min(548, payload + 28);
        byte[] error = Write(bytes, packet, IcmpErrors.TooBig(IpFamily.V4, 1450), "10.0.1.1");
        Assert.Equal(
            Hex.Text(FrameBuilder.Ethernet(FrameBuilder.MacB, FrameBuilder.MacA)
                .Ipv4("10.0.1.1", "10.0.1.5", tos: 0xC0, dontFragment: true)
                .Icmp(3, 4, 1450).Payload(bytes[14..(14 + quoted)]).Build()),
            Hex.Text(error));
        Assert.InRange(error.Length, 14, 14 + 576);
    }

    [Theory]
    [InlineData(1184)]
    [InlineData(1185)]
    [InlineData(1400)]
    [Trait("Scenario", "MT03")]
    public void An_ipv6_error_has_1280_bytes_at_most(int payload)
    {
        byte[] bytes = Packet6("fd01::5", "fd01::6").Udp(1, 2).Payload(payload).Build();
        PacketParser.ParseFrame(bytes, 0, out ParsedFrame packet);
        int quoted = Math.Min(1232, payload + 48);
        byte[] error = Write(bytes, packet, IcmpErrors.TooBig(IpFamily.V6, 1430), "fd01::1");
        Assert.Equal(
            Hex.Text(FrameBuilder.Ethernet(FrameBuilder.MacB, FrameBuilder.MacA).Ipv6("fd01::1", "fd01::5")
                .Icmpv6(2, 0, 1430).Payload(bytes[14..(14 + quoted)]).Build()),
            Hex.Text(error));
        Assert.InRange(error.Length, 14, 14 + 1280);
    }

    [Fact]
    [Trait("Scenario", "MT03")]
    public void Ipv6_is_never_told_of_less_than_its_smallest_mtu()
    {
        Assert.Equal(1280u, IcmpErrors.TooBig(IpFamily.V6, 1279).RestOfHeader);
        Assert.Equal(1281u, IcmpErrors.TooBig(IpFamily.V6, 1281).RestOfHeader);
        Assert.Equal(600u, IcmpErrors.TooBig(IpFamily.V4, 600).RestOfHeader);
    }

    [Theory]
    [InlineData(true, 8)]
    [InlineData(false, 0)]
    public void Tags_are_the_packets_own_or_left_out(bool keepsTags, int tags)
    {
        byte[] bytes = FrameBuilder.Ethernet().Vlan(5, tagType: 0x88A8).Vlan(6)
            .Ipv4("10.0.1.5", "10.0.1.6").Udp(1, 2).Build();
        PacketParser.ParseFrame(bytes, 0, out ParsedFrame packet);
        byte[] error = Write(bytes, packet, IcmpErrors.HopsExceeded(IpFamily.V4), "10.0.1.1", keepsTags);
        FrameBuilder start = FrameBuilder.Ethernet(FrameBuilder.MacB, FrameBuilder.MacA);
        start = tags == 0 ? start : start.Vlan(5, tagType: 0x88A8).Vlan(6);
        Assert.Equal(
            Hex.Text(start.Ipv4("10.0.1.1", "10.0.1.5", tos: 0xC0, dontFragment: true)
                .Icmp(11).Payload(bytes[22..]).Build()),
            Hex.Text(error));
    }

    private static byte[] Write(
        byte[] bytes, in ParsedFrame packet, IcmpHeader error, string from, bool keepsTags = true)
    {
        byte[] frame = new byte[IcmpErrors.LengthFor(packet, keepsTags, 1500)];
        frame.AsSpan().Fill(0xA5);
        IcmpErrors.Write(
            bytes, packet, error, IpAddress.Parse(from), MacAddress.Parse(FrameBuilder.MacB), keepsTags, frame);
        return frame;
    }

    private static FrameBuilder From(string source) =>
        FrameBuilder.Ethernet().Ipv4(source, "10.0.1.6").Udp(1, 2);

    private static FrameBuilder Packet() => FrameBuilder.Ethernet().Ipv4("10.0.1.5", "10.0.1.6");

    private static FrameBuilder Packet6(string source, string destination) =>
        FrameBuilder.Ethernet().Ipv6(source, destination, hopLimit: 255);

    private static FrameBuilder Part(int offset, bool more) => FrameBuilder.Ethernet()
        .Ipv4("10.0.1.5", "10.0.1.6", id: 1, fragmentOffset: offset, moreFragments: more, protocol: 17);

    private static byte[] Quoted() => FrameBuilder.Bare().Ipv4("10.0.1.6", "10.0.1.5").Udp(1, 2).Build();

    private static byte[] Quoted6() => FrameBuilder.Bare().Ipv6("fd01::6", "fd01::5").Udp(1, 2).Build();
}
