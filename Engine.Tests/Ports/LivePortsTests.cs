using VxlanEngine.Ports;
using Xunit;

namespace VxlanEngine.Tests.Ports;

/// <summary>What live ports are written as.</summary>
public sealed class LivePortsTests
{
    [Theory]
    [InlineData("eth0")]
    [InlineData("xdp:")]
    [InlineData("smoke:eth0")]
    [InlineData("xdp:eth0,mode")]
    [InlineData("xdp:eth0,mode=fast")]
    [InlineData("xdp:eth0,queue")]
    [InlineData("xdp:eth0,queue=-1")]
    [InlineData("xdp:eth0,copy=1")]
    [InlineData("xdp:eth0,bypass")]
    [InlineData("raw:eth0,queue=1")]
    [InlineData("tap:eth0,tunnels=1")]
    [InlineData("udp:172.31.0.1,tunnels")]
    [InlineData("fault")]
    [InlineData("fault:")]
    [InlineData("smoke,loss=1%:raw:eth0")]
    public void What_makes_no_sense_is_refused_with_the_grammar(string text)
    {
        FormatException e = Assert.Throws<FormatException>(() => LivePorts.Open(text));
        Assert.Equal($"'{text}' is no live port; expected {LivePorts.Grammar}.", e.Message);
    }

    [Theory]
    [InlineData("xdp:vxe-none", "there is no interface 'vxe-none' here")]
    [InlineData("xdp:vxe-none,mode=skb,queue=3,copy,busy,promiscuous", "there is no interface 'vxe-none' here")]
    [InlineData("xdp:vxe-none,mode=native,zerocopy", "there is no interface 'vxe-none' here")]
    public void Options_that_make_sense_are_taken(string text, string fault)
    {
        // Who may not even look, or is on another system, is told that instead.
        PortOpenException e = Assert.Throws<PortOpenException>(() => LivePorts.Open(text));
        Assert.StartsWith("xdp:vxe-none: ", e.Message, StringComparison.Ordinal);
        Assert.True(
            e.Message.Contains(fault, StringComparison.Ordinal)
            || e.Message.Contains("no permission to", StringComparison.Ordinal)
            || e.Message.Contains("needs Linux", StringComparison.Ordinal),
            e.Message);
    }

    [Theory]
    [InlineData("fault,loss=101%:raw:eth0", "loss=101%")]
    [InlineData("fault,loss=-1%:raw:eth0", "loss=-1%")]
    [InlineData("fault,loss=1:raw:eth0", "loss=1")]
    [InlineData("fault,loss:raw:eth0", "loss")]
    [InlineData("fault,delay=5:raw:eth0", "delay=5")]
    [InlineData("fault,delay=61s:raw:eth0", "delay=61s")]
    [InlineData("fault,limit=1:raw:eth0", "limit=1")]
    [InlineData("fault,seed=x:raw:eth0", "seed=x")]
    [InlineData("fault,:raw:eth0", "")]
    [InlineData("fault,keep=2:raw:eth0", "keep=2")]
    [InlineData("tee:raw:eth0", "tee without file=PATH")]
    [InlineData("tee,file=:raw:eth0", "file=")]
    [InlineData("tee,file=a,rotate=0MB:raw:eth0", "rotate=0MB")]
    [InlineData("tee,file=a,rotate=9:raw:eth0", "rotate=9")]
    [InlineData("tee,file=a,rotate=99999999999GB:raw:eth0", "rotate=99999999999GB")]
    [InlineData("tee,file=a,keep=0:raw:eth0", "keep=0")]
    public void What_makes_no_sense_around_a_port_is_named(string text, string word)
    {
        FormatException e = Assert.Throws<FormatException>(() => LivePorts.Open(text));
        Assert.StartsWith(
            $"'{text}' is no live port: '{word}' makes no sense; expected {text[..3]}",
            e.Message,
            StringComparison.Ordinal);
        Assert.EndsWith(":PORT.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fault,loss=1%,delay=5ms,duplicate=0.5%,reorder=1%,corrupt=0.1%,limit=9,seed=7:xdp:vxe-none")]
    [InlineData("fault,delay=60s:fault,delay=9us:xdp:vxe-none")]
    [InlineData("tee,file=none/a.pcapng,rotate=100MB,keep=5:fault:xdp:vxe-none")]
    public void The_port_inside_is_opened(string text)
    {
        PortOpenException e = Assert.Throws<PortOpenException>(() => LivePorts.Open(text));
        Assert.StartsWith("xdp:vxe-none: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_inside_names_the_port_inside()
    {
        FormatException e = Assert.Throws<FormatException>(() => LivePorts.Open("fault,loss=1%:raw:eth0,loud"));
        Assert.StartsWith("'raw:eth0,loud' is no live port; expected raw:", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fault,loss=1%:raw:eth0", true)]
    [InlineData("fault:raw:eth0", true)]
    [InlineData("tee,file=a.pcapng:raw:eth0", true)]
    [InlineData("tee.pcapng", false)]
    [InlineData("xdp:eth0", true)]
    [InlineData("pcap:eth0", true)]
    [InlineData("xdp.pcap", false)]
    public void Live_ports_are_told_from_files(string text, bool isLive) =>
        Assert.Equal(isLive, LivePorts.IsLivePort(text));
}
