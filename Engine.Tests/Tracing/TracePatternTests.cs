using VxlanEngine.Tests.Frames;
using VxlanEngine.Tracing;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Tracing;

public class TracePatternTests
{
    [Theory]
    [InlineData("tcp 10.0.1.5:40000 > 10.0.1.6:443", true)]
    [InlineData("udp [fd01::5]:53 > [fd01::6]:53", true)]
    [InlineData("icmp 10.0.1.5 > 10.0.1.6", true)]
    [InlineData("47 10.0.1.5 > 10.0.1.6", true)]
    [InlineData("tcp 10.0.1.5:* > *:443", false)]
    [InlineData("tcp 10.0.1.0/24:1 > 10.0.1.6:2", false)]
    [InlineData("tcp 10.0.1.5 > 10.0.1.6", false)]
    [InlineData("10.0.1.5:1 > 10.0.1.6:2", false)]
    public void A_pattern_is_complete_when_one_packet_can_be_made_of_it(string text, bool complete)
    {
        Assert.True(TracePattern.TryParse(text, out TracePattern? pattern));
        Assert.Equal(complete, pattern!.IsComplete);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tcp 10.0.1.5:40000")]
    [InlineData("tcp 10.0.1.5:40000 < 10.0.1.6:443")]
    [InlineData("tcp 10.0.1.5:70000 > 10.0.1.6:443")]
    [InlineData("tcp 10.0.1.500 > 10.0.1.6")]
    [InlineData("nonsense 10.0.1.5 > 10.0.1.6")]
    [InlineData("300 10.0.1.5 > 10.0.1.6")]
    public void Nonsense_is_refused(string text) => Assert.False(TracePattern.TryParse(text, out _));

    [Theory]
    [InlineData("tcp 10.0.1.5:* > *:443", true)]
    [InlineData("tcp 10.0.1.6:443 > 10.0.1.5:40000", true)]
    [InlineData("* > 10.0.1.0/24", true)]
    [InlineData("udp * > *", false)]
    [InlineData("tcp 10.0.1.7 > *", false)]
    [InlineData("tcp 10.0.1.5:1 > *", false)]
    public void A_pattern_matches_a_flow_in_both_directions(string text, bool matches)
    {
        byte[] bytes = FrameBuilder.Ethernet("02:42:0a:00:01:05", "02:42:0a:00:01:06")
            .Ipv4("10.0.1.5", "10.0.1.6")
            .Tcp(40000, 443)
            .Build();
        VxlanEngine.Packets.PacketParser.ParseFrame(bytes, 0, out VxlanEngine.Packets.ParsedFrame frame);

        Assert.True(TracePattern.TryParse(text, out TracePattern? pattern));
        Assert.Equal(matches, pattern!.Matches(frame));
        Assert.Equal(IpProtocol.Tcp, frame.Protocol);
    }
}
