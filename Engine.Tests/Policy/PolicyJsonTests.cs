using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class PolicyJsonTests
{
    [Fact]
    public void Every_object_of_the_sample_means_what_it_says()
    {
        SwitchPolicy policy = PolicyJson.Parse(PolicySamples.Overlay);

        Port db = policy.Ports[0];
        Assert.Equal("db", db.Name);
        Assert.Equal(PortKind.Endpoint, db.Kind);
        Assert.Equal("green", db.Network);
        Assert.Equal([IpAddress.Parse("10.0.2.5"), IpAddress.Parse("fd02::5")], db.Addresses);
        Assert.Equal(0, db.Mtu);
        Assert.Equal(1500, policy.Ports[1].Mtu);
        Network green = policy.Networks[0];
        Assert.Equal(new Vni(5001), green.Vni);
        Assert.Equal(Flooding.Punt, green.UnknownUnicast);
        Assert.Equal(Flooding.Drop, green.Multicast);
        Assert.Equal([IpAddress.Parse("172.31.9.9")], green.Routes[0].Vteps);
        Assert.Equal(new NumberRange(50000, 50999), green.Tunnel.SourcePorts);
        Assert.Equal(4789, green.Tunnel.UdpPort);
        Assert.Equal("@offices,10.0.0.0/8", policy.AddressSets[1].Addresses.ToString());
        Group inbound = policy.Layers[0].Groups[1];
        Assert.Equal([IpProtocol.Tcp, IpProtocol.Udp], inbound.Protocols);
        Assert.Equal(IpFamily.V4, inbound.Family);
        Assert.Equal(TimeSpan.FromMinutes(30), inbound.Rules[0].IdleTimeout);
        var encap = Assert.IsType<RuleAction.Encap>(policy.Layers[2].Groups[0].Rules[0].Action);
        Assert.Equal(9, encap.Tunnel!.Options.Ttl);
        Assert.Equal(2, encap.Tunnel.Destinations.Count);
        Assert.Equal(new RuleAction.Decap(), policy.Layers[2].Groups[1].Rules[0].Action);
    }

    [Fact]
    public void A_saved_policy_loads_back_equal()
    {
        SwitchPolicy policy = PolicyJson.Parse(PolicySamples.Overlay);
        string json = PolicyJson.ToJson(policy);
        Assert.Equal(policy, PolicyJson.Parse(json));
        Assert.Equal(json, PolicyJson.ToJson(PolicyJson.Parse(json)));
    }
}
