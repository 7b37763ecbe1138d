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
    [InlineData("xdp:eth0", true)]
    [InlineData("pcap:eth0", true)]
    [InlineData("xdp.pcap", false)]
    public void Live_ports_are_told_from_files(string text, bool isLive) =>
        Assert.Equal(isLive, LivePorts.IsLivePort(text));
}
