using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>
/// One overlay network to test with: endpoints a and b here, c and e behind IPv4 VTEPs, d behind an IPv6 one.
/// </summary>
internal static class Green
{
    public const uint VniValue = 5001;

    public const string MacA = "02:42:0a:00:02:05";
    public const string MacB = "02:42:0a:00:02:06";
    public const string MacC = "02:42:0a:00:02:07";
    public const string MacD = "02:42:0a:00:02:08";
    public const string MacE = "02:42:0a:00:02:09";
    public const string MacUnknown = "02:42:0a:00:02:63";
    public const string MacRouter = "02:42:0a:00:02:01";
    public const string MacFarRouter = "02:42:00:00:00:09";
    public const string Broadcast = "ff:ff:ff:ff:ff:ff";
    public const string AllNodes = "33:33:00:00:00:01";

    public const string IpA = "10.0.2.5";
    public const string IpB = "10.0.2.6";
    public const string IpC = "10.0.2.7";
    public const string IpD = "10.0.2.8";
    public const string IpE = "10.0.2.9";
    public const string IpRouter = "10.0.2.1";
    public const string Ip6A = "fd02::5";
    public const string Ip6B = "fd02::6";
    public const string Ip6C = "fd02::7";
    public const string Ip6Router = "fd02::1";

    public const string Vtep = "172.31.9.1";
    public const string VtepC = "172.31.9.2";
    public const string VtepE = "172.31.9.3";
    public const string VtepFar = "172.31.9.9";
    public const string Vtep6 = "fd39::1";
    public const string VtepD = "fd39::2";
    public const string MacUplink = "02:aa:00:00:00:01";
    public const string MacVtepC = "02:aa:00:00:00:02";
    public const string MacVtepE = "02:aa:00:00:00:03";
    public const string MacVtepD = "02:aa:00:00:00:04";
    public const string MacVtepFar = "02:aa:00:00:00:09";

    public static Layer Vnet { get; } = new()
    {
        Name = "vnet",
        Ports = ["a", "b"],
        Priority = 300,
        Default = DefaultAction.Block,
        Groups =
        [
            GroupOf("encap", Direction.Out, new RuleAction.Encap { Network = "green" }),
            GroupOf("decap", Direction.In, new RuleAction.Decap()),
        ],
    };

    public static SwitchPolicy Policy { get; } = new()
    {
        Ports = [Endpoint("a", MacA, IpA, Ip6A), Endpoint("b", MacB, IpB, Ip6B), Uplink],
        Networks =
        [
            new Network
            {
                Name = "green",
                Vni = new Vni(VniValue),
                Subnets = [IpPrefix.Parse("10.0.2.0/24"), IpPrefix.Parse("fd02::/64")],
                Gateway = new Gateway { Addresses = [Ip(IpRouter), Ip(Ip6Router)], Mac = Mac(MacRouter) },
                Endpoints =
                [
                    new RemoteEndpoint { Addresses = [Ip(IpC), Ip(Ip6C)], Mac = Mac(MacC), Vtep = Ip(VtepC) },
                    new RemoteEndpoint { Addresses = [Ip(IpD)], Mac = Mac(MacD), Vtep = Ip(VtepD) },
                    new RemoteEndpoint { Addresses = [Ip(IpE)], Mac = Mac(MacE), Vtep = Ip(VtepE) },
                ],
                Tunnel = new TunnelOptions { SourcePorts = new NumberRange(50000, 50000) },
            },
        ],
        Neighbors =
        [
            new Neighbor { Port = "up", Address = Ip(VtepC), Mac = Mac(MacVtepC) },
            new Neighbor { Port = "up", Address = Ip(VtepE), Mac = Mac(MacVtepE) },
            new Neighbor { Port = "up", Address = Ip(VtepD), Mac = Mac(MacVtepD) },
            new Neighbor { Port = "up", Address = Ip(VtepFar), Mac = Mac(MacVtepFar) },
        ],
        Layers = [Vnet],
    };

    public static Port Uplink => new()
    {
        Name = "up",
        Kind = PortKind.Uplink,
        Mac = Mac(MacUplink),
        Addresses = [Ip(Vtep), Ip(Vtep6)],
    };

    public static IpAddress Ip(string text) => IpAddress.Parse(text);

    public static MacAddress Mac(string text) => MacAddress.Parse(text);

    public static Port Endpoint(string name, string mac, params string[] addresses) => new()
    {
        Name = name,
        Kind = PortKind.Endpoint,
        Network = "green",
        Mac = Mac(mac),
        Addresses = addresses.Select(Ip).ToValueArray(),
    };

    public static Group GroupOf(string name, Direction direction, RuleAction action, Match? match = null) => new()
    {
        Name = name,
        Direction = direction,
        Rules = [new Rule { Id = name, Action = action, Match = match ?? Match.Any }],
    };

    /// <summary>A frame of c to a, as it is in a tunnel.</summary>
    public static byte[] Inner { get; } =
        FrameBuilder.Ethernet(MacC, MacA).Ipv4(IpC, IpA).Udp(53, 1000).Payload("answer").Build();

    /// <summary>The network, flooding what is for all; nobody answers for its stations.</summary>
    public static SwitchPolicy FloodingPolicy { get; } = Policy.With(n => n with
    {
        Broadcast = Flooding.Replicate,
        Multicast = Flooding.Replicate,
        NeighborProxy = false,
    });

    /// <summary>A layer of the uplink, with one rule for frames that come in.</summary>
    public static Layer UplinkLayer(RuleAction action, Match? match = null, bool stateful = false) => new()
    {
        Name = "underlay",
        Ports = ["up"],
        Priority = 10,
        Stateful = stateful,
        Default = DefaultAction.Allow,
        Groups = [GroupOf("in", Direction.In, action, match)],
    };

    public static SwitchPolicy With(this SwitchPolicy policy, Func<Network, Network> change) =>
        policy with { Networks = policy.Networks.Select(change).ToValueArray() };

    public static SwitchPolicy WithTunnel(this SwitchPolicy policy, Func<TunnelOptions, TunnelOptions> change) =>
        policy.With(n => n with { Tunnel = change(n.Tunnel) });

    public static SwitchPolicy WithPort(this SwitchPolicy policy, string name, Func<Port, Port> change) =>
        policy with { Ports = policy.Ports.Select(p => p.Name == name ? change(p) : p).ToValueArray() };

    public static SwitchPolicy Plus(this SwitchPolicy policy, params Port[] ports) =>
        policy with { Ports = policy.Ports.Concat(ports).ToValueArray() };

    public static SwitchPolicy Plus(this SwitchPolicy policy, params Layer[] layers) =>
        policy with { Layers = policy.Layers.Concat(layers).ToValueArray() };

    public static SwitchPolicy WithLayers(this SwitchPolicy policy, params Layer[] layers) =>
        policy with { Layers = layers.ToValueArray() };

    /// <summary>A frame from endpoint a.</summary>
    public static FrameBuilder FromA(string destination = MacC) => FrameBuilder.Ethernet(MacA, destination);

    /// <summary>A packet from endpoint b to a.</summary>
    public static FrameBuilder FromBToA() => FrameBuilder.Ethernet(MacB, MacA).Ipv4(IpB, IpA);

    /// <summary>A packet of the VTEP of c to this one's, neither of them marked in any way.</summary>
    public static FrameBuilder FromVtepC(string destination = Vtep) =>
        FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(VtepC, destination);

    /// <summary>What a remote VTEP sends to this one, up to and with the outer IP header.</summary>
    public static FrameBuilder Outer(byte tos = 0, string source = VtepC) =>
        source.Contains(':', StringComparison.Ordinal)
            ? FrameBuilder.Ethernet(MacVtepD, MacUplink).Ipv6(source, Vtep6, trafficClass: tos)
            : FrameBuilder.Ethernet(MacVtepC, MacUplink).Ipv4(source, Vtep, tos: tos, dontFragment: true);

    /// <summary>A frame of c in the tunnel to this switch.</summary>
    public static byte[] Tunnelled(byte[] inner, uint vni = VniValue, string source = VtepC) =>
        Outer(source: source).Vxlan(vni).Payload(inner).Build();

    /// <summary>What the switch sends to the VTEP of c.</summary>
    public static byte[] ToC(
        byte[] inner, uint vni = VniValue, byte tos = 0, byte ttl = 64, int port = 50000, bool dontFragment = true) =>
        FrameBuilder.Ethernet(MacUplink, MacVtepC)
            .Ipv4(Vtep, VtepC, ttl, tos, dontFragment: dontFragment)
            .Vxlan(vni, port).Payload(inner).Build();
}
