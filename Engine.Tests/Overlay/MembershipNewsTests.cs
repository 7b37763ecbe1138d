using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

/// <summary>What is read of queries and of other hosts' reports, and what is ignored.</summary>
public sealed class MembershipNewsTests
{
    private const long Ms = 1_000_000;
    private const string Mac = "02:aa:00:00:00:02";
    private const string Router = "172.31.9.254";
    private const string Router6 = "fe80::1";
    private const string Group = "239.1.1.1";
    private const string Group6 = "ff05::1:3";

    [Theory]
    [InlineData(3, 10, 1000)]
    [InlineData(3, 127, 12_700)]
    [InlineData(3, 0x80, 12_800)]
    [InlineData(3, 0x9F, 49_600)]
    [InlineData(3, 0xFF, 3_174_400)]
    [InlineData(2, 0xFF, 25_500)]
    [InlineData(2, 1, 100)]
    [InlineData(1, 0, 10_000)]
    public void Time_to_answer_of_igmp(int version, byte code, int milliseconds)
    {
        FrameBuilder frame = version == 3
            ? GroupFrames.Igmpv3Query(Mac, Router, Group, code)
            : GroupFrames.IgmpQuery(Mac, Router, Group, code);
        MembershipNews news = Read(frame)!.Value;
        Assert.Equal((true, version, IpAddress.Parse(Group)), (news.IsQuery, news.Version, news.Group));
        Assert.Equal(milliseconds * Ms, news.MaxResponseNs);
    }

    [Theory]
    [InlineData(true, 1000, 1000)]
    [InlineData(true, 0x7FFF, 32_767)]
    [InlineData(true, 0x8000, 32_768)]
    [InlineData(true, 0xFFFF, 8_387_584)]
    [InlineData(false, 0xFFFF, 65_535)]
    public void Time_to_answer_of_mld(bool isVersion2, int code, int milliseconds)
    {
        MembershipNews news = Read(GroupFrames.MldQuery(Mac, Router6, Group6, (ushort)code, isVersion2))!.Value;
        Assert.Equal((true, isVersion2 ? 3 : 2, IpAddress.Parse(Group6)), (news.IsQuery, news.Version, news.Group));
        Assert.Equal(milliseconds * Ms, news.MaxResponseNs);
    }

    [Fact]
    public void A_querier_says_how_robust_it_is_and_how_often_it_asks()
    {
        MembershipNews news = Read(GroupFrames.Igmpv3Query(Mac, Router, robustness: 0x0B, interval: 0x90))!.Value;
        Assert.Equal((3, 256_000 * Ms), (news.Robustness, news.IntervalNs)); // The S flag is for routers.
        Assert.True(news.Group.IsUnspecified);
        news = Read(GroupFrames.MldQuery(Mac, Router6))!.Value;
        Assert.Equal((2, 125_000 * Ms), (news.Robustness, news.IntervalNs));
    }

    [Fact]
    public void Reports_of_versions_in_which_one_is_enough_are_read()
    {
        foreach (byte type in new[] { GroupFrames.ReportV1, GroupFrames.ReportV2 })
        {
            MembershipNews news = Read(GroupFrames.IgmpMessage(Mac, Router, type, Group))!.Value;
            Assert.Equal((false, IpAddress.Parse(Group)), (news.IsQuery, news.Group));
        }

        MembershipNews listener = Read(
            GroupFrames.MldMessage(Mac, Router6, GroupFrames.ListenerReport, Group6))!.Value;
        Assert.Equal((false, IpAddress.Parse(Group6)), (listener.IsQuery, listener.Group));
    }

    public static TheoryData<string, FrameBuilder> Ignored => new()
    {
        { "a report of version 3", GroupFrames.Igmpv3Report(Mac, Router, GroupFrames.ModeIsExclude, Group) },
        { "a leave", GroupFrames.IgmpMessage(Mac, Router, GroupFrames.Leave, Group) },
        { "a query of 10 bytes", Ipv4().Igmp([0x11, 10, 0, 0, 0, 0, 0, 0, 2, 125]) },
        { "a query about a station", GroupFrames.Igmpv3Query(Mac, Router, "10.0.0.1") },
        { "a report of no group", Ipv4().Igmp([0x16, 0, 0, 0, 0, 0, 0, 0]) },
        { "7 bytes", Ipv4().Igmp([0x11, 10, 0, 0, 0, 0, 0]) },
        { "a wrong checksum", FrameBuilder.Ethernet().Ipv4(Router, "224.0.0.1", protocol: 2)
            .Payload([0x11, 10, 1, 2, 0, 0, 0, 0]) },
        { "a report of MLDv2", GroupFrames.Mldv2Report(Mac, Router6, GroupFrames.ModeIsExclude, Group6) },
        { "an MLD query from afar", GroupFrames.MldQuery(Mac, "fd31::1") },
        { "an MLD query without router alert", Mld(hopLimit: 1, alert: false) },
        { "an MLD query of hop limit 2", Mld(hopLimit: 2, alert: true) },
        { "an MLD query with a wrong checksum", Mld(hopLimit: 1, alert: true, checksum: 0x1234) },
        { "UDP", FrameBuilder.Ethernet().Ipv4(Router, "224.0.0.1").Udp(1, 2).Payload(20) },
        { "ARP", FrameBuilder.Ethernet().ArpRequest(Mac, Router, "10.0.0.1") },
    };

    [Theory]
    [MemberData(nameof(Ignored))]
    public void Anything_else_is_ignored(string what, FrameBuilder frame) =>
        Assert.True(Read(frame) is null, what);

    [Fact]
    public void An_mld_query_with_all_that_is_asked_for_is_read() =>
        Assert.NotNull(Read(Mld(hopLimit: 1, alert: true)));

    [Fact]
    public void Every_truncation_is_ignored()
    {
        foreach (FrameBuilder frame in new[]
        {
            GroupFrames.Igmpv3Query(Mac, Router), GroupFrames.MldQuery(Mac, Router6),
            GroupFrames.MldMessage(Mac, Router6, GroupFrames.ListenerReport, Group6),
        })
        {
            byte[] whole = frame.Build();
            for (int length = 14; length < whole.Length; length++)
            {
                byte[] cut = whole[..length];
                bool isRead = PacketParser.ParseFrame(cut, 0, out ParsedFrame parsed) == DropReason.None
                    && MembershipNews.TryRead(cut, parsed, out _);
                Assert.False(isRead, $"{length} of {whole.Length} bytes");
            }
        }
    }

    private static FrameBuilder Ipv4() => FrameBuilder.Ethernet().Ipv4(Router, "224.0.0.1", ttl: 1);

    private static FrameBuilder Mld(byte hopLimit, bool alert, int? checksum = null) =>
        FrameBuilder.Ethernet().Ipv6(Router6, "ff02::1", hopLimit)
            .Extension(IpProtocol.HopByHop, alert ? [1, 1, 0, 5, 2, 0, 0, 0, 0, 0] : [1, 4, 0, 0, 0, 0])
            .Icmpv6(130, 0, 1000 << 16, checksum).Payload(new byte[20]);

    private static MembershipNews? Read(FrameBuilder frame)
    {
        byte[] bytes = frame.Build();
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(bytes, 0, out ParsedFrame parsed));
        return MembershipNews.TryRead(bytes, parsed, out MembershipNews news) ? news : null;
    }
}
