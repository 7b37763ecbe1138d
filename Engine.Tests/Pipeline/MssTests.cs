using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Segments that TCP may announce through the overlay.</summary>
[Trait("Scenario", "MT07")]
public sealed class MssTests
{
    private static readonly SwitchPolicy Narrow = Green.Policy.WithPort("up", p => p with { Mtu = 1500 });

    [Theory]
    [InlineData(1460, 1410)]
    [InlineData(1411, 1410)]
    [InlineData(1410, 1410)]
    [InlineData(536, 536)]
    public void It_fits_the_tunnel_on_the_way_out(int announced, int expected)
    {
        byte[] Syn(int mss) => FromA().Ipv4(IpA, IpC).Tcp(1000, 80, TcpFlags.Syn, options: Mss(mss)).Build();
        OverlayBench.Run(Narrow, "a", Syn(announced)).Left("up", ToC(Syn(expected)));
    }

    [Fact]
    public void It_fits_the_way_back_in_the_answer_too()
    {
        byte[] Answer(int mss) => FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA)
            .Tcp(80, 1000, TcpFlags.Syn | TcpFlags.Ack, options: Mss(mss)).Build();
        OverlayBench.Run(Narrow, "up", Tunnelled(Answer(1460))).Left("a", Answer(1410));
        OverlayBench.Run(Narrow, "up", Tunnelled(Answer(1400))).Left("a", Answer(1400));
        OverlayBench.Run(Narrow, "up", Tunnelled(Answer(1460), source: VtepD)).Left("a", Answer(1390));
    }

    [Fact]
    public void Ipv6_takes_more_inside_and_outside()
    {
        byte[] Syn6(int mss) => FromA().Ipv6(Ip6A, Ip6C).Tcp(1000, 80, TcpFlags.Syn, options: Mss(mss)).Build();
        OverlayBench.Run(Narrow, "a", Syn6(1440)).Left("up", ToC(Syn6(1390)));
        byte[] Syn(int mss) => FromA(MacD).Ipv4(IpA, IpD).Tcp(1000, 80, TcpFlags.Syn, options: Mss(mss)).Build();
        byte[] expected = FrameBuilder.Ethernet(MacUplink, MacVtepD).Ipv6(Vtep6, VtepD)
            .Vxlan(VniValue).Payload(Syn(1390)).Build();
        OverlayBench.Run(Narrow, "a", Syn(1460)).Left("up", expected);
    }

    [Fact]
    public void What_the_sender_itself_can_take_counts()
    {
        SwitchPolicy policy = Narrow.WithPort("a", p => p with { Mtu = 1400 })
            .WithPort("b", p => p with { Mtu = 1300 });
        byte[] Syn(string mac, string ip, int mss) =>
            FromA(mac).Ipv4(IpA, ip).Tcp(1000, 80, TcpFlags.Syn, options: Mss(mss)).Build();
        OverlayBench.Run(policy, "a", Syn(MacC, IpC, 1460)).Left("up", ToC(Syn(MacC, IpC, 1360)));
        OverlayBench.Run(policy, "a", Syn(MacB, IpB, 1460)).Left("b", Syn(MacB, IpB, 1260));
        OverlayBench.Run(Narrow, "a", Syn(MacB, IpB, 1460)).Left("b", Syn(MacB, IpB, 1460));
    }

    [Fact]
    public void It_is_left_alone_where_the_network_says_so_and_without_limits()
    {
        byte[] syn = FromA().Ipv4(IpA, IpC).Tcp(1000, 80, TcpFlags.Syn, options: Mss(1460)).Build();
        OverlayBench.Run(Narrow.WithTunnel(t => t with { ClampMss = false }), "a", syn).Left("up", ToC(syn));
        OverlayBench.Run("a", syn).Left("up", ToC(syn));
    }

    [Fact]
    public void Other_segments_and_other_options_are_left_alone()
    {
        byte[] ack = FromA().Ipv4(IpA, IpC).Tcp(1000, 80, TcpFlags.Ack, options: Mss(1460)).Build();
        OverlayBench.Run(Narrow, "a", ack).Left("up", ToC(ack));
        byte[] bare = FromA().Ipv4(IpA, IpC).Tcp(1000, 80, TcpFlags.Syn).Build();
        OverlayBench.Run(Narrow, "a", bare).Left("up", ToC(bare));
    }

    [Fact]
    public void Addresses_are_translated_in_the_same_segment()
    {
        Layer nat = new()
        {
            Name = "nat",
            Ports = ["a"],
            Priority = 200,
            Default = DefaultAction.Allow,
            Groups = [GroupOf("dnat", Direction.Out, PolicyParts.Nat(destination: IpC, destinationPort: 8080))],
        };
        byte[] syn = FromA(MacRouter).Ipv4(IpA, "10.0.2.200").Tcp(1, 80, TcpFlags.Syn, options: Mss(9000)).Build();
        byte[] expected = FrameBuilder.Ethernet(MacRouter, MacC)
            .Ipv4(IpA, IpC, ttl: 63).Tcp(1, 8080, TcpFlags.Syn, options: Mss(1410)).Build();
        OverlayBench.Run(Narrow.Plus(nat), "a", syn).Left("up", ToC(expected));
    }

    private static byte[] Mss(int value) => [2, 4, (byte)(value >> 8), (byte)value, 1, 3, 3, 7];
}
