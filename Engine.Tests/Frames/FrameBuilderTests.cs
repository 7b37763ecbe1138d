using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Frames;

public sealed class FrameBuilderTests
{
    // The DNS query of the Wireshark wiki's dns.cap, first frame.
    private const string DnsQuery = """
        00c09f32418c 00e018b10cad 0800
        45000038 00004000 4011 6547 c0a8aa08 c0a8aa14
        801b 0035 0024 85ed
        1032 0100 0001 0000 0000 0000 06676f6f676c65 03636f6d 00 0010 0001
        """;

    [Fact]
    public void A_captured_dns_query_is_rebuilt_byte_for_byte()
    {
        byte[] frame = FrameBuilder.Ethernet("00:e0:18:b1:0c:ad", "00:c0:9f:32:41:8c")
            .Ipv4("192.168.170.8", "192.168.170.20", dontFragment: true)
            .Udp(32795, 53)
            .Payload(Hex.Bytes("1032 0100 0001 0000 0000 0000 06676f6f676c65 03636f6d 00 0010 0001"))
            .Build();

        Assert.Equal(Hex.Text(Hex.Bytes(DnsQuery)), Hex.Text(frame));
    }

    [Fact]
    public void Layers_announce_what_follows_them()
    {
        byte[] frame = FrameBuilder.Ethernet().Vlan(5, priority: 3).Ipv6("fd00::1", "fd00::2")
            .Extension(IpProtocol.HopByHop).Tcp(1, 2).Build();

        Assert.Equal("8100" + "6005" + "86dd", Hex.Text(frame.AsSpan(12, 6)));
        Assert.Equal(0, frame[18 + 6]);
        Assert.Equal(6, frame[18 + 40]);
    }

    [Fact]
    public void A_tunnel_nests_an_inner_frame()
    {
        byte[] frame = FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Vxlan(5001)
            .InnerEthernet().Ipv4("192.168.0.1", "192.168.0.2").Udp(1, 2).Payload("x").Build();

        Assert.Equal(14 + 20 + 8 + 8 + 14 + 20 + 8 + 1, frame.Length);
        Assert.Equal("c350" + "12b5" + "003b" + "0000", Hex.Text(frame.AsSpan(34, 8)));
        Assert.Equal("08000000" + "00138900", Hex.Text(frame.AsSpan(42, 8)));
    }
}
