using VxlanEngine.Packets;

namespace VxlanEngine.Policy.Json;

/// <summary>The objects that actions are in JSON.</summary>
internal static class ActionShapes
{
    public static ObjectShape<RuleAction.Nat> Nat { get; } =
        new ObjectShape<RuleAction.Nat>("nat", new RuleAction.Nat())
            .Nullable("source", Scalars.Address, n => n.Source, (n, v) => n with { Source = v })
            .Nullable("sourcePort", Scalars.UdpPort, n => n.SourcePort, (n, v) => n with { SourcePort = v })
            .Nullable("destination", Scalars.Address, n => n.Destination, (n, v) => n with { Destination = v })
            .Nullable(
                "destinationPort", Scalars.UdpPort, n => n.DestinationPort, (n, v) => n with { DestinationPort = v });

    public static ObjectShape<RuleAction.DynamicNat> DynamicNat { get; } =
        new ObjectShape<RuleAction.DynamicNat>("dynamicNat", new RuleAction.DynamicNat { Addresses = default })
            .Required("addresses", Scalars.Addresses, n => n.Addresses, (n, v) => n with { Addresses = v })
            .Optional("ports", Scalars.Range(ushort.MaxValue), n => n.Ports, (n, v) => n with { Ports = v });

    public static ObjectShape<Backend> Backend { get; } =
        new ObjectShape<Backend>("backend", new Backend { Address = default })
            .Required("address", Scalars.Address, b => b.Address, (b, v) => b with { Address = v })
            .Nullable("port", Scalars.UdpPort, b => b.Port, (b, v) => b with { Port = v })
            .Optional("weight", new IntegerCodec<int>(0, int.MaxValue), b => b.Weight, (b, v) => b with { Weight = v });

    public static ObjectShape<RuleAction.LoadBalance> LoadBalance { get; } =
        new ObjectShape<RuleAction.LoadBalance>("loadBalance", new RuleAction.LoadBalance { Backends = [] })
            .Required(
                "backends",
                new ListCodec<Backend>(Backend, ListForm.Array),
                l => l.Backends,
                (l, v) => l with { Backends = v })
            .Optional(
                "hash",
                new WordCodec<LoadBalanceHash>(
                    ("fiveTuple", LoadBalanceHash.FiveTuple),
                    ("sourceAddressProtocol", LoadBalanceHash.SourceAddressProtocol),
                    ("sourceAddress", LoadBalanceHash.SourceAddress)),
                l => l.Hash,
                (l, v) => l with { Hash = v });

    public static ObjectShape<TunnelOptions> TunnelOptions { get; } =
        new ObjectShape<TunnelOptions>("tunnel", Policy.TunnelOptions.Default)
            .Optional(
                "kind",
                new WordCodec<TunnelKind>(
                    ("vxlan", TunnelKind.Vxlan), ("vxlanGpe", TunnelKind.VxlanGpe), ("geneve", TunnelKind.Geneve)),
                t => t.Kind,
                (t, v) => t with { Kind = v })
            .Optional(
                "udpPort",
                Scalars.UdpPort,
                t => t.UdpPort,
                (t, v) => t with { UdpPort = v },
                t => (TunnelProtocols.Of(t.Kind) ?? TunnelProtocols.Vxlan).UdpPort)
            .Nullable(
                "groupPolicyId",
                new IntegerCodec<ushort>(0, ushort.MaxValue),
                t => t.GroupPolicyId,
                (t, v) => t with { GroupPolicyId = v })
            .Optional(
                "groupPolicyApplied",
                Scalars.Boolean,
                t => t.GroupPolicyApplied,
                (t, v) => t with { GroupPolicyApplied = v })
            .Optional(
                "sourcePorts", Scalars.Range(ushort.MaxValue), t => t.SourcePorts, (t, v) => t with { SourcePorts = v })
            .Optional(
                "symmetricSourcePort",
                Scalars.Boolean,
                t => t.SymmetricSourcePort,
                (t, v) => t with { SymmetricSourcePort = v })
            .Optional("ttl", new IntegerCodec<byte>(0, byte.MaxValue), t => t.Ttl, (t, v) => t with { Ttl = v })
            .Optional(
                "dscp",
                new WordCodec<DscpMode>(("pipe", DscpMode.Pipe), ("uniform", DscpMode.Uniform)),
                t => t.Dscp,
                (t, v) => t with { Dscp = v })
            .Optional(
                "dontFragment",
                new WordCodec<DontFragmentMode>(
                    ("set", DontFragmentMode.Set), ("copy", DontFragmentMode.Copy), ("clear", DontFragmentMode.Clear)),
                t => t.DontFragment,
                (t, v) => t with { DontFragment = v })
            .Optional(
                "udpChecksum",
                new WordCodec<UdpChecksumMode>(
                    ("default", UdpChecksumMode.Default),
                    ("zero", UdpChecksumMode.Zero),
                    ("compute", UdpChecksumMode.Compute)),
                t => t.UdpChecksum,
                (t, v) => t with { UdpChecksum = v })
            .Optional("clampMss", Scalars.Boolean, t => t.ClampMss, (t, v) => t with { ClampMss = v })
            .Optional(
                "oversize",
                new WordCodec<OversizeMode>(("fragment", OversizeMode.Fragment), ("drop", OversizeMode.Drop)),
                t => t.Oversize,
                (t, v) => t with { Oversize = v });

    public static ObjectShape<ExplicitTunnel> ExplicitTunnel { get; } =
        new ObjectShape<ExplicitTunnel>("encapTunnel", new ExplicitTunnel { Vni = default, Destinations = [] })
            .Required("vni", Scalars.Vni, t => t.Vni, (t, v) => t with { Vni = v })
            .Required("destination", Scalars.Destinations, t => t.Destinations, (t, v) => t with { Destinations = v })
            .Nullable("source", Scalars.Address, t => t.Source, (t, v) => t with { Source = v })
            .Nullable("routerMac", Scalars.Mac, t => t.RouterMac, (t, v) => t with { RouterMac = v })
            .Include(TunnelOptions, t => t.Options, (t, v) => t with { Options = v });

    public static ObjectShape<RuleAction.Encap> Encap { get; } =
        new ObjectShape<RuleAction.Encap>("encap", new RuleAction.Encap())
            .Optional("network", Scalars.Name, e => e.Network, (e, v) => e with { Network = v })
            .Optional("tunnel", ExplicitTunnel, e => e.Tunnel, (e, v) => e with { Tunnel = v });

    public static ObjectShape<RuleAction.Decap> Decap { get; } =
        new ObjectShape<RuleAction.Decap>("decap", new RuleAction.Decap())
            .Required("port", Scalars.Name, d => d.Port, (d, v) => d with { Port = v });

    public static ObjectShape<RuleAction.Modify> Modify { get; } =
        new ObjectShape<RuleAction.Modify>("modify", new RuleAction.Modify())
            .Nullable("sourceMac", Scalars.Mac, m => m.SourceMac, (m, v) => m with { SourceMac = v })
            .Nullable("destinationMac", Scalars.Mac, m => m.DestinationMac, (m, v) => m with { DestinationMac = v })
            .Optional("decrementTtl", Scalars.Boolean, m => m.DecrementTtl, (m, v) => m with { DecrementTtl = v })
            .Nullable("dscp", Scalars.Dscp, m => m.Dscp, (m, v) => m with { Dscp = v })
            .Nullable(
                "pushVlan", new IntegerCodec<ushort>(0, 4095), m => m.PushVlan, (m, v) => m with { PushVlan = v })
            .Optional("popVlan", Scalars.Boolean, m => m.PopVlan, (m, v) => m with { PopVlan = v });

    public static ObjectShape<RuleAction.Redirect> Redirect { get; } =
        new ObjectShape<RuleAction.Redirect>("redirect", new RuleAction.Redirect())
            .Required("port", Scalars.Name, r => r.Port, (r, v) => r with { Port = v });

    public static ObjectShape<RuleAction.Mirror> Mirror { get; } =
        new ObjectShape<RuleAction.Mirror>("mirror", new RuleAction.Mirror { Port = "" })
            .Required("port", Scalars.Name, m => m.Port, (m, v) => m with { Port = v });

    public static ObjectShape<RuleAction.Meter> Meter { get; } =
        new ObjectShape<RuleAction.Meter>("meter", new RuleAction.Meter { Name = "" })
            .Required("name", Scalars.Name, m => m.Name, (m, v) => m with { Name = v });

    public static ObjectShape<RuleAction.RateLimit> RateLimit { get; } =
        new ObjectShape<RuleAction.RateLimit>("rateLimit", new RuleAction.RateLimit())
            .Nullable(
                "packetsPerSecond",
                new IntegerCodec<long>(0, long.MaxValue),
                r => r.PacketsPerSecond,
                (r, v) => r with { PacketsPerSecond = v })
            .Nullable(
                "bitsPerSecond",
                new IntegerCodec<long>(0, long.MaxValue),
                r => r.BitsPerSecond,
                (r, v) => r with { BitsPerSecond = v })
            .Optional("burst", Scalars.Duration, r => r.Burst, (r, v) => r with { Burst = v });
}
