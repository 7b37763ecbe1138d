using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>
/// Messages of a kernel's routing (Linux 6.18), as they were recorded: what <c>ip</c> was told is said beside each.
/// </summary>
public sealed class RouteNetlinkTests
{
    private const int Uplink = 3;

    // route add 172.32.0.0/16 via 172.31.0.2 metric 50 src 172.31.0.9
    private const string Via =
        "4c00000018000006b5330c6be95a000002100000fe0300010000000008000f00fe00000008000100ac2000000800060032000000"
        + "08000700ac1f000908000500ac1f00020800040003000000";

    // route add 10.0.0.0/8 nexthop via 172.31.0.2 nexthop via 172.31.0.3
    private const string Multipath =
        "5000000018000006b5330c6bea5a000002080000fe0300010000000008000f00fe000000080001000a0000002400090010000000"
        + "0300000008000500ac1f0002100000000300000008000500ac1f0003";

    // route add blackhole 192.0.2.0/24
    private const string Blackhole =
        "2c00000018000006b6330c6bee5a000002180000fe0300060000000008000f00fe00000008000100c0000200";

    // route add 198.51.100.0/24 via inet6 fe80::2 dev uplink
    private const string OtherFamily =
        "4c00000018000006b6330c6bf05a000002180000fe0300010000000008000f00fe00000008000100c6336400160012000a00fe80"
        + "000000000000000000000000000200000800040003000000";

    // -6 route add default via fe80::fe dev uplink metric 20
    private const string Default6 =
        "7400000018000006b6330c6bf55a00000a000000fe0300010000000008000f00fe000000080006001400000014000500fe800000"
        + "0000000000000000000000fe080004000300000024000c0000000000000000000000000000000000000000000000000000000000"
        + "000000000500140000000000";

    // -6 route add 2001:db8::/32 nexthop via fd31::2 dev uplink nexthop via fd31::3 dev uplink
    private const string Multipath6 =
        "a800000018000004b7330c6bf95a00000a200000fe0300010000000008000f00fe0000001400010020010db80000000000000000"
        + "0000000008000600000400003c0009001c0000000300000014000500fd3100000000000000000000000000021c00000003000000"
        + "14000500fd31000000000000000000000000000324000c0000000000000000000000000000000000000000000000000000000000"
        + "000000000500140000000000";

    // route add 203.0.113.0/24 via 172.31.0.2 table 77
    private const string OtherTable =
        "3c00000018000006b7330c6bf85a0000021800004d0300010000000008000f004d00000008000100cb00710008000500ac1f0002"
        + "0800040003000000";

    // route add 198.18.0.0/15 encap ip id 5 dst 1.2.3.4 via 172.31.0.2 dev uplink
    private const string Encapsulation =
        "7c00000018000006b7330c6bfb5a0000020f0000fe0300010000000008000f00fe00000008000100c612000008000500ac1f0002"
        + "0800040003000000380016000c000100000000000000000508000200010203040800030000000000050005000000000005000400"
        + "0000000006000600000000000600150002000000";

    // The route to 172.31.0.0/24 that came with addr add 172.31.0.9/24 dev uplink.
    private const string Connected =
        "3c00000018000006000000000000000002180000fe02fd010000000008000f00fe00000008000100ac1f000008000700ac1f0009"
        + "0800040003000000";

    // neigh add 172.31.0.2 lladdr 02:aa:00:00:00:02 dev uplink nud permanent
    private const string Permanent =
        "4c0000001c00000000000000fc5a000002000000030000008000000108000100ac1f00020a00020002aa00000002000008000400"
        + "000000001400030000000000000000000000000001000000";

    // neigh add fd31::2 lladdr 02:aa:00:00:00:22 dev uplink nud stale
    private const string Stale6 =
        "580000001c00000000000000fd5a00000a000000030000000400000114000100fd3100000000000000000000000000020a000200"
        + "02aa00000022000008000400000000001400030070170000000000000000000001000000";

    // neigh del 172.31.0.2 dev uplink: first it has failed, then it is no more.
    private const string Failed =
        "400000001c00000000000000ff5a000002000000030000002000000108000100ac1f000208000400000000001400030060000000"
        + "600000006000000001000000";

    private const string Deleted =
        "400000001d000000000000000000000002000000030000002000000108000100ac1f000208000400000000001400030060000000"
        + "600000006000000000000000";

    // ff02::2, which nobody resolves (NUD_NOARP).
    private const string Group =
        "580000001c00020007000000bfed61e00a000000030000004000000514000100ff0200000000000000000000000000020a000200"
        + "333300000002000008000400000000001400030017190000a7010000a701000000000000";

    // addr del fd31::9/64 dev uplink
    private const string AddressDeleted =
        "480000001500000000000000000000000a4082000300000014000100fd31000000000000000000000000000914000600ffffffff"
        + "ffffffffeadc3900eadc39000800080082000000";

    [Fact]
    public void Routes_are_read_with_what_they_lead_to()
    {
        Assert.Equal([Route("172.32.0.0/16", 50, "172.31.0.2") with { Source = Ip("172.31.0.9") }], Read(Via));
        Assert.Equal([Route("172.31.0.0/24", 0, null) with { Source = Ip("172.31.0.9") }], Read(Connected));
        Assert.Equal([Route("::/0", 20, "fe80::fe")], Read(Default6));
        Assert.Equal([Route("198.51.100.0/24", 0, "fe80::2")], Read(OtherFamily));
    }

    [Fact]
    public void Several_next_hops_are_several_in_their_order()
    {
        Assert.Equal([Route("10.0.0.0/8", 0, "172.31.0.2"), Route("10.0.0.0/8", 0, "172.31.0.3")], Read(Multipath));
        Assert.Equal(
            [Route("2001:db8::/32", 1024, "fd31::2"), Route("2001:db8::/32", 1024, "fd31::3")], Read(Multipath6));

        byte[] oneIsDead = Bytes(Multipath);
        oneIsDead[^30] |= 1; // rtnh_flags of the first: RTNH_F_DEAD.
        Assert.Equal([Route("10.0.0.0/8", 0, "172.31.0.3")], Read(oneIsDead));
    }

    [Fact]
    public void What_leads_nowhere_or_by_a_way_that_is_not_followed_has_no_interface()
    {
        Assert.Equal([Route("192.0.2.0/24", 0, null) with { Interface = 0 }], Read(Blackhole));
        Assert.Equal([Route("198.18.0.0/15", 0, "172.31.0.2") with { Interface = 0 }], Read(Encapsulation));
    }

    [Fact]
    public void Routes_of_other_tables_for_a_type_of_service_of_sources_or_dead_are_left_out()
    {
        Assert.Empty(Read(OtherTable));
        foreach ((int offset, byte value) in new (int, byte)[] { (2, 8), (3, 4), (8, 1), (9, 2), (0, 7), (1, 33) })
        {
            byte[] changed = Bytes(Via);
            changed[NetlinkMessage.HeaderLength + offset] = value;
            Assert.Empty(Read(changed));
        }
    }

    [Fact]
    public void Neighbours_are_read_as_far_as_their_addresses_may_be_used()
    {
        var known = new HostNeighbor(
            Uplink, Ip("172.31.0.2"), MacAddress.Parse("02:aa:00:00:00:02"), HostNeighborState.Known);
        var stale = new HostNeighbor(
            Uplink, Ip("fd31::2"), MacAddress.Parse("02:aa:00:00:00:22"), HostNeighborState.Stale);
        HostNeighbor gone = known with { Mac = default, State = HostNeighborState.Unknown };
        AssertNews(Permanent, HostChanges.Neighbors, known);
        AssertNews(Stale6, HostChanges.Neighbors, stale);
        AssertNews(Failed, HostChanges.Neighbors, gone);
        AssertNews(Deleted, HostChanges.Neighbors, gone);
        Assert.Equal(HostNeighborState.Unknown, Assert.Single(News(Group).Neighbors).State);
        Assert.Equal([known, stale, gone], News(Permanent + Stale6 + Deleted).Neighbors);
    }

    [Theory]
    [InlineData(0x01, "Unknown")]
    [InlineData(0x02, "Known")]
    [InlineData(0x04, "Stale")]
    [InlineData(0x08, "Known")]
    [InlineData(0x10, "Known")]
    [InlineData(0x20, "Unknown")]
    [InlineData(0x40, "Unknown")]
    [InlineData(0x80, "Known")]
    [InlineData(0x00, "Unknown")]
    public void Each_state_of_the_kernels_says_whether_the_address_may_be_used(int state, string expected)
    {
        byte[] message = Bytes(Permanent);
        message[NetlinkMessage.HeaderLength + 8] = (byte)state;
        Assert.Equal(expected, $"{Assert.Single(News(message).Neighbors).State}");
    }

    [Fact]
    public void Who_the_machine_only_answers_for_is_no_neighbour_nor_is_an_entry_of_a_bridge()
    {
        byte[] proxy = Bytes(Permanent);
        proxy[NetlinkMessage.HeaderLength + 10] = 0x08; // NTF_PROXY
        AssertNews(proxy, HostChanges.None);
        byte[] bridge = Bytes(Permanent);
        bridge[NetlinkMessage.HeaderLength] = 7; // AF_BRIDGE
        AssertNews(bridge, HostChanges.None);
    }

    [Fact]
    public void Routes_links_and_addresses_have_the_routes_read_again()
    {
        Assert.Equal(HostChanges.Routes, News(Via).Changes);
        Assert.Equal(HostChanges.Routes, News(AddressDeleted).Changes);
        Assert.Equal(HostChanges.Routes | HostChanges.Neighbors, News(Permanent + Via).Changes);
        byte[] overrun = Bytes(Blackhole);
        overrun[4] = (byte)NetlinkMessage.TypeOverrun;
        Assert.Equal(HostChanges.Overrun, News(overrun).Changes);
    }

    [Theory]
    [InlineData(Via)]
    [InlineData(Multipath)]
    [InlineData(Multipath6)]
    [InlineData(OtherFamily)]
    [InlineData(Encapsulation)]
    [InlineData(Permanent)]
    [InlineData(Stale6)]
    public void Cut_and_damaged_messages_are_read_as_far_as_they_make_sense(string message)
    {
        byte[] bytes = Bytes(message);
        for (int length = 0; length < bytes.Length; length++)
        {
            News(bytes[..length]);
            Read(bytes[..length]);
        }

        for (int i = 0; i < bytes.Length * 8; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i / 8] ^= (byte)(1 << (i % 8));
            News(damaged);
            Read(damaged);
        }
    }

    [Theory]
    [InlineData("172.31.0.5", "240000001c000504090000000000000002000000030000000000010008000100ac1f0005")]
    [InlineData(
        "fd31::5",
        "300000001c00050409000000000000000a000000030000000000010014000100fd310000000000000000000000000005")]
    public void A_question_is_the_request_that_had_the_kernel_ask(string address, string expected)
    {
        byte[] message = new byte[HostNeighborMessage.MaxQuestionLength];
        int length = HostNeighborMessage.WriteQuestion(message, 9, Uplink, Ip(address));
        Assert.Equal(expected, Convert.ToHexStringLower(message.AsSpan(0, length)));
    }

    private static void AssertNews(string text, HostChanges changes, params HostNeighbor[] neighbors) =>
        AssertNews(Bytes(text), changes, neighbors);

    private static void AssertNews(byte[] bytes, HostChanges changes, params HostNeighbor[] neighbors)
    {
        (HostChanges Changes, List<HostNeighbor> Neighbors) news = News(bytes);
        Assert.Equal(changes, news.Changes);
        Assert.Equal(neighbors, news.Neighbors);
    }

    private static IpAddress Ip(string text) => IpAddress.Parse(text);

    private static HostRoute Route(string prefix, uint metric, string? via) =>
        new(IpPrefix.Parse(prefix), metric, Uplink, via is null ? null : Ip(via), null);

    private static byte[] Bytes(string text) => Convert.FromHexString(text);

    private static List<HostRoute> Read(string text) => Read(Bytes(text));

    private static List<HostRoute> Read(byte[] bytes)
    {
        var routes = new List<HostRoute>();
        ReadOnlySpan<byte> rest = bytes;
        while (NetlinkMessage.TryNext(ref rest, out NetlinkMessage message))
        {
            RouteMessage.Read(message.Payload, routes);
        }

        return routes;
    }

    private static (HostChanges Changes, List<HostNeighbor> Neighbors) News(string text) => News(Bytes(text));

    private static (HostChanges Changes, List<HostNeighbor> Neighbors) News(byte[] bytes)
    {
        var neighbors = new List<HostNeighbor>();
        return (RouteNetlink.ReadChanges(bytes, neighbors), neighbors);
    }
}
