using VxlanEngine.Overlay;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Overlay;

/// <summary>The bytes of IGMP and MLD messages.</summary>
public sealed class MembershipMessageTests
{
    private const string Mac = "02:aa:00:00:00:01";
    private const string Group = "239.129.2.3";
    private const string Group6 = "ff05::8:1:3";
    private const string Local = "172.31.9.1";
    private const string Local6 = "fe80::aa:ff:fe00:1";

    [Theory]
    [InlineData((int)MembershipKind.Joined, GroupFrames.ChangeToExclude)]
    [InlineData((int)MembershipKind.Left, GroupFrames.ChangeToInclude)]
    [InlineData((int)MembershipKind.Current, GroupFrames.ModeIsExclude)]
    public void Version_3_reports_have_a_record_without_sources(int kind, byte record)
    {
        AssertWritten(GroupFrames.Igmpv3Report(Mac, Local, record, Group), kind, 3, Group, Local);
        AssertWritten(GroupFrames.Mldv2Report(Mac, Local6, record, Group6), kind, 3, Group6, Local6);
    }

    [Theory]
    [InlineData((int)MembershipKind.Joined, 1, GroupFrames.ReportV1)]
    [InlineData((int)MembershipKind.Current, 2, GroupFrames.ReportV2)]
    [InlineData((int)MembershipKind.Left, 2, GroupFrames.Leave)]
    public void Older_igmp_reports_to_the_group_and_leaves_by_all_routers(int kind, int version, byte type) =>
        AssertWritten(GroupFrames.IgmpMessage(Mac, Local, type, Group), kind, version, Group, Local);

    [Theory]
    [InlineData((int)MembershipKind.Joined, GroupFrames.ListenerReport)]
    [InlineData((int)MembershipKind.Current, GroupFrames.ListenerReport)]
    [InlineData((int)MembershipKind.Left, GroupFrames.ListenerDone)]
    public void Older_mld_reports_to_the_group_and_is_done_by_all_routers(int kind, byte type) =>
        AssertWritten(GroupFrames.MldMessage(Mac, Local6, type, Group6), kind, 2, Group6, Local6);

    [Fact]
    public void In_a_vlan_messages_have_its_tag()
    {
        byte[] frame = new byte[MembershipMessage.MaxLength];
        int length = MembershipMessage.Write(
            MembershipKind.Joined, 3, Parse(Group6), Parse(Local6), MacAddress.Parse(Mac), 0x6064, frame);
        Assert.Equal(frame.Length, length);
        byte[] plain = GroupFrames.Mldv2Report(Mac, Local6, GroupFrames.ChangeToExclude, Group6).Build();
        Assert.Equal(Hex.Text([.. plain[..12], 0x81, 0, 0x60, 0x64, .. plain[12..]]), Hex.Text(frame));
    }

    [Fact]
    public void A_mac_address_makes_a_link_local_address() =>
        Assert.Equal(Parse(Local6), (IpAddress)Ipv6Address.LinkLocalOf(MacAddress.Parse(Mac)));

    private static IpAddress Parse(string text) => IpAddress.Parse(text);

    private static void AssertWritten(FrameBuilder expected, int kind, int version, string group, string local)
    {
        byte[] frame = new byte[MembershipMessage.MaxLength];
        Array.Fill(frame, (byte)0xA5);
        int length = MembershipMessage.Write(
            (MembershipKind)kind, version, Parse(group), Parse(local), MacAddress.Parse(Mac), 0, frame);
        Assert.Equal(Hex.Text(expected.Build()), Hex.Text(frame.AsSpan(0, length)));
        Assert.All(frame[length..], b => Assert.Equal(0xA5, b));
    }
}
