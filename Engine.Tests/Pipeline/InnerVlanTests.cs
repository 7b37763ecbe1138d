using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Inner VLAN tags in tunnels that no mapping chose (RFC 7348 §6.1).</summary>
public sealed class InnerVlanTests
{
    private static readonly byte[] Untagged = FromA().Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();

    [Theory]
    [InlineData(InnerVlan.Drop, VniValue, false)]
    [InlineData(InnerVlan.Strip, VniValue, false)]
    [InlineData(InnerVlan.Keep, VniValue, true)]
    [InlineData(InnerVlan.Drop, 7000u, false)]
    [InlineData(InnerVlan.Keep, 7000u, true)]
    public void Tunnel_of_a_rule_carries_inner_tags_only_where_the_network_keeps_them(
        InnerVlan mode, uint vni, bool kept)
    {
        SwitchPolicy policy = Green.Policy.With(n => n with { InnerVlan = mode }).WithLayers(Vnet with
        {
            Groups = [GroupOf("encap", Direction.Out, new RuleAction.Encap { Tunnel = TunnelToC(vni) })],
        });
        byte[] tagged = FromA().Vlan(5).Vlan(6).Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();
        OverlayBench.Run(policy, "a", tagged).Left("up", ToC(kept ? tagged : Untagged, vni));
    }

    [Fact]
    public void Answer_through_the_tunnel_it_came_from_carries_no_inner_tags()
    {
        SwitchPolicy policy = Green.Policy.WithLayers(Vnet with
        {
            Stateful = true,
            Groups = [GroupOf("decap", Direction.In, new RuleAction.Decap())],
        });
        using var bench = new OverlayBench(policy);
        byte[] query = FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Build();
        bench.Send("up", Tunnelled(query)).Left("a", query);
        byte[] tagged = FromA().Vlan(5).Ipv4(IpA, IpC).Udp(1000, 53).Payload("query").Build();
        bench.Send("a", tagged).Left("up", ToC(Untagged));
    }

    private static ExplicitTunnel TunnelToC(uint vni) => new()
    {
        Vni = new Vni(vni),
        Destinations = [Ip(VtepC)],
        Options = new TunnelOptions { SourcePorts = new NumberRange(50000, 50000) },
    };
}
