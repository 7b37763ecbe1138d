using System.Text.Json;
using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Json;

/// <summary>The objects that a policy and its ports and networks are in JSON.</summary>
internal static class SwitchShapes
{
    private const int UplinkMtu = 1500;

    private static readonly Codec<Flooding> Floods = new WordCodec<Flooding>(
        ("drop", Flooding.Drop), ("replicate", Flooding.Replicate), ("punt", Flooding.Punt));

    private static readonly Codec<int> Rate = new IntegerCodec<int>(0, int.MaxValue);

    public static ObjectShape<BfdKey> BfdKey { get; } =
        new ObjectShape<BfdKey>("bfdKey", new BfdKey { Id = 0, Secret = "" })
            .Required("id", new IntegerCodec<byte>(0, byte.MaxValue), k => k.Id, (k, v) => k with { Id = v })
            .Required("secret", new SecretCodec(), k => k.Secret, (k, v) => k with { Secret = v });

    public static ObjectShape<BfdAuthentication> BfdAuthentication { get; } =
        new ObjectShape<BfdAuthentication>(
                "bfdAuthentication", new BfdAuthentication { Type = BfdAuthenticationType.None })
            .Required(
                "type",
                new WordCodec<BfdAuthenticationType>(
                    ("simplePassword", BfdAuthenticationType.SimplePassword),
                    ("keyedMd5", BfdAuthenticationType.KeyedMd5),
                    ("meticulousKeyedMd5", BfdAuthenticationType.MeticulousKeyedMd5),
                    ("keyedSha1", BfdAuthenticationType.KeyedSha1),
                    ("meticulousKeyedSha1", BfdAuthenticationType.MeticulousKeyedSha1)),
                a => a.Type,
                (a, v) => a with { Type = v })
            .Required(
                "keys", new ListCodec<BfdKey>(BfdKey, ListForm.Array), a => a.Keys, (a, v) => a with { Keys = v });

    public static ObjectShape<BfdOptions> Bfd { get; } =
        new ObjectShape<BfdOptions>("bfd", new BfdOptions())
            .Required("vteps", Scalars.AddressList, b => b.Vteps, (b, v) => b with { Vteps = v })
            .Optional("vni", Scalars.Vni, b => b.Vni, (b, v) => b with { Vni = v })
            .Optional("minTx", Scalars.Duration, b => b.MinTx, (b, v) => b with { MinTx = v })
            .Optional("minRx", Scalars.Duration, b => b.MinRx, (b, v) => b with { MinRx = v })
            .Optional(
                "multiplier",
                new IntegerCodec<byte>(0, byte.MaxValue),
                b => b.Multiplier,
                (b, v) => b with { Multiplier = v })
            .Optional(
                "authentication",
                BfdAuthentication,
                b => b.Authentication,
                (b, v) => b with { Authentication = v })
            .Optional("tunnel", ActionShapes.TunnelOptions, b => b.Tunnel, (b, v) => b with { Tunnel = v });

    public static ObjectShape<PortRates> Rates { get; } =
        new ObjectShape<PortRates>("rates", PortRates.None)
            .Nullable("floodsPerSecond", Rate, r => r.FloodsPerSecond, (r, v) => r with { FloodsPerSecond = v })
            .Nullable("icmpPerSecond", Rate, r => r.IcmpPerSecond, (r, v) => r with { IcmpPerSecond = v })
            .Nullable(
                "neighborsPerSecond", Rate, r => r.NeighborsPerSecond, (r, v) => r with { NeighborsPerSecond = v })
            .Nullable(
                "newFlowsPerSecond", Rate, r => r.NewFlowsPerSecond, (r, v) => r with { NewFlowsPerSecond = v });

    // Stands in front of the port, whose shape takes it up when it is made.
    public static ObjectShape<UplinkRoute> UplinkRoute { get; } =
        new ObjectShape<UplinkRoute>("uplinkRoute", new UplinkRoute { Prefix = default })
            .Required("prefix", Scalars.Prefix, r => r.Prefix, (r, v) => r with { Prefix = v })
            .Optional("via", Scalars.Destinations, r => r.Via, (r, v) => r with { Via = v })
            .Optional("onLink", Scalars.Boolean, r => r.OnLink, (r, v) => r with { OnLink = v })
            .Nullable("source", Scalars.Address, r => r.Source, (r, v) => r with { Source = v });

    public static ObjectShape<Port> Port { get; } =
        new ObjectShape<Port>("port", new Port { Name = "", Kind = PortKind.Endpoint })
            .Required("name", Scalars.Name, p => p.Name, (p, v) => p with { Name = v })
            .Required(
                "kind",
                new WordCodec<PortKind>(
                    ("endpoint", PortKind.Endpoint), ("uplink", PortKind.Uplink), ("host", PortKind.Host)),
                p => p.Kind,
                (p, v) => p with { Kind = v })
            .Optional("network", Scalars.Name, p => p.Network, (p, v) => p with { Network = v })
            .Optional("mac", Scalars.Mac, p => p.Mac, (p, v) => p with { Mac = v })
            .Optional("addresses", Scalars.AddressList, p => p.Addresses, (p, v) => p with { Addresses = v })
            .Optional(
                "mtu",
                new IntegerCodec<int>(0, int.MaxValue),
                p => p.Mtu,
                (p, v) => p with { Mtu = v },
                p => p.Kind == PortKind.Uplink ? UplinkMtu : 0)
            .Optional(
                "icmpErrorsPerSecond",
                Rate,
                p => p.IcmpErrorsPerSecond,
                (p, v) => p with { IcmpErrorsPerSecond = v })
            .Optional("rates", Rates, p => p.Rates, (p, v) => p with { Rates = v })
            .Optional("sourceGuard", Scalars.Boolean, p => p.SourceGuard, (p, v) => p with { SourceGuard = v })
            .Optional("promiscuous", Scalars.Boolean, p => p.Promiscuous, (p, v) => p with { Promiscuous = v })
            .Optional("vxlanPorts", Scalars.UdpPorts, p => p.VxlanPorts, (p, v) => p with { VxlanPorts = v })
            .Optional("vxlanGpePorts", Scalars.UdpPorts, p => p.VxlanGpePorts, (p, v) => p with { VxlanGpePorts = v })
            .Optional("genevePorts", Scalars.UdpPorts, p => p.GenevePorts, (p, v) => p with { GenevePorts = v })
            .Optional("groupPolicy", Scalars.Boolean, p => p.GroupPolicy, (p, v) => p with { GroupPolicy = v })
            .Optional(
                "reservedBits",
                new WordCodec<ReservedBits>(("ignore", ReservedBits.Ignore), ("reject", ReservedBits.Reject)),
                p => p.ReservedBits,
                (p, v) => p with { ReservedBits = v })
            .Optional(
                "reservedBitsMask",
                Scalars.HeaderMask,
                p => p.ReservedBitsMask,
                (p, v) => p with { ReservedBitsMask = v })
            .Optional(
                "checksum",
                new WordCodec<ChecksumMode>(("verify", ChecksumMode.Verify), ("trust", ChecksumMode.Trust)),
                p => p.Checksum,
                (p, v) => p with { Checksum = v })
            .Optional(
                "allowZeroChecksumIpv6",
                Scalars.Boolean,
                p => p.AllowZeroChecksumIpv6,
                (p, v) => p with { AllowZeroChecksumIpv6 = v })
            .Optional(
                "resolveNeighbors",
                Scalars.Boolean,
                p => p.ResolveNeighbors,
                (p, v) => p with { ResolveNeighbors = v })
            .Optional("hostTables", Scalars.Boolean, p => p.HostTables, (p, v) => p with { HostTables = v })
            .Optional("vlan", new IntegerCodec<ushort>(0, 4094), p => p.Vlan, (p, v) => p with { Vlan = v })
            .Optional(
                "vlanPriority",
                new IntegerCodec<byte>(0, 7),
                p => p.VlanPriority,
                (p, v) => p with { VlanPriority = v })
            .Optional(
                "routes",
                new ListCodec<UplinkRoute>(UplinkRoute, ListForm.Array),
                p => p.Routes,
                (p, v) => p with { Routes = v })
            .Optional("bfd", Bfd, p => p.Bfd, (p, v) => p with { Bfd = v });

    public static ObjectShape<Gateway> Gateway { get; } =
        new ObjectShape<Gateway>("gateway", new Gateway { Mac = default })
            .Optional("addresses", Scalars.AddressList, g => g.Addresses, (g, v) => g with { Addresses = v })
            .Required("mac", Scalars.Mac, g => g.Mac, (g, v) => g with { Mac = v });

    public static ObjectShape<RemoteEndpoint> Endpoint { get; } =
        new ObjectShape<RemoteEndpoint>("remoteEndpoint", new RemoteEndpoint { Mac = default, Vtep = default })
            .Optional("addresses", Scalars.AddressList, e => e.Addresses, (e, v) => e with { Addresses = v })
            .Required("mac", Scalars.Mac, e => e.Mac, (e, v) => e with { Mac = v })
            .Required("vtep", Scalars.Address, e => e.Vtep, (e, v) => e with { Vtep = v });

    public static ObjectShape<RemoteSubnet> Route { get; } =
        new ObjectShape<RemoteSubnet>(
                "route", new RemoteSubnet { Prefix = default, Vteps = [], RouterMac = default })
            .Required("prefix", Scalars.Prefix, r => r.Prefix, (r, v) => r with { Prefix = v })
            .Required("vteps", Scalars.Destinations, r => r.Vteps, (r, v) => r with { Vteps = v })
            .Alias("vtep", "vteps")
            .Nullable("vni", Scalars.Vni, r => r.Vni, (r, v) => r with { Vni = v })
            .Required("routerMac", Scalars.Mac, r => r.RouterMac, (r, v) => r with { RouterMac = v });

    public static ObjectShape<Learning> Learning { get; } =
        new ObjectShape<Learning>("learning", new Learning())
            .Optional(
                "limit",
                new IntegerCodec<int>(1, VxlanEngine.Policy.Learning.MaxLimit),
                l => l.Limit,
                (l, v) => l with { Limit = v })
            .Optional("age", Scalars.Duration, l => l.Age, (l, v) => l with { Age = v });

    public static ObjectShape<MulticastGroup> MulticastGroup { get; } =
        new ObjectShape<MulticastGroup>("multicastGroup", new MulticastGroup { Address = default })
            .Required("address", Scalars.Address, g => g.Address, (g, v) => g with { Address = v })
            .Optional("uplink", Scalars.Name, g => g.Uplink, (g, v) => g with { Uplink = v })
            .Optional("ttl", new IntegerCodec<byte>(1, byte.MaxValue), g => g.Ttl, (g, v) => g with { Ttl = v })
            .Optional("replicateTo", Scalars.AddressList, g => g.ReplicateTo, (g, v) => g with { ReplicateTo = v });

    public static ObjectShape<Network> Network { get; } =
        new ObjectShape<Network>("network", new Network { Name = "", Vni = default })
            .Required("name", Scalars.Name, n => n.Name, (n, v) => n with { Name = v })
            .Required("vni", Scalars.Vni, n => n.Vni, (n, v) => n with { Vni = v })
            .Optional("subnets", Scalars.Prefixes, n => n.Subnets, (n, v) => n with { Subnets = v })
            .Optional("gateway", Gateway, n => n.Gateway, (n, v) => n with { Gateway = v })
            .Optional(
                "endpoints",
                new ListCodec<RemoteEndpoint>(Endpoint, ListForm.Array),
                n => n.Endpoints,
                (n, v) => n with { Endpoints = v })
            .Optional(
                "routes",
                new ListCodec<RemoteSubnet>(Route, ListForm.Array),
                n => n.Routes,
                (n, v) => n with { Routes = v })
            .Optional("vteps", Scalars.AddressList, n => n.Vteps, (n, v) => n with { Vteps = v })
            .Optional(
                "multicastGroup",
                MulticastGroup,
                n => n.MulticastGroup,
                (n, v) => n with { MulticastGroup = v })
            .Optional("unknownUnicast", Floods, n => n.UnknownUnicast, (n, v) => n with { UnknownUnicast = v })
            .Optional("broadcast", Floods, n => n.Broadcast, (n, v) => n with { Broadcast = v })
            .Optional("multicast", Floods, n => n.Multicast, (n, v) => n with { Multicast = v })
            .Optional(
                "sourceVtep",
                new WordCodec<SourceVtepCheck>(
                    ("loose", SourceVtepCheck.Loose), ("strict", SourceVtepCheck.Strict), ("off", SourceVtepCheck.Off)),
                n => n.SourceVtep,
                (n, v) => n with { SourceVtep = v })
            .Optional(
                "innerVlan",
                new WordCodec<InnerVlan>(
                    ("drop", InnerVlan.Drop), ("strip", InnerVlan.Strip), ("keep", InnerVlan.Keep)),
                n => n.InnerVlan,
                (n, v) => n with { InnerVlan = v })
            .Optional("neighborProxy", Scalars.Boolean, n => n.NeighborProxy, (n, v) => n with { NeighborProxy = v })
            .Optional("learning", Learning, n => n.Learning, (n, v) => n with { Learning = v })
            .Optional("tunnel", ActionShapes.TunnelOptions, n => n.Tunnel, (n, v) => n with { Tunnel = v });

    public static ObjectShape<Neighbor> Neighbor { get; } =
        new ObjectShape<Neighbor>("neighbor", new Neighbor { Port = "", Address = default, Mac = default })
            .Required("port", Scalars.Name, n => n.Port, (n, v) => n with { Port = v })
            .Required("address", Scalars.Address, n => n.Address, (n, v) => n with { Address = v })
            .Required("mac", Scalars.Mac, n => n.Mac, (n, v) => n with { Mac = v });

    public static ObjectShape<SwitchPolicy> Policy { get; } =
        new ObjectShape<SwitchPolicy>("policy", new SwitchPolicy())
            .Add(new MarkField<SwitchPolicy>(
                "$schema", isRequired: false, "a string", item => item.Kind == JsonValueKind.String, null))
            .Add(new MarkField<SwitchPolicy>(
                "version",
                isRequired: true,
                "1, the version of this form",
                item => item.Kind == JsonValueKind.Number && item.Text == "1",
                JsonItem.Number(1)))
            .Optional(
                "ports", new ListCodec<Port>(Port, ListForm.Array), p => p.Ports, (p, v) => p with { Ports = v })
            .Optional(
                "networks",
                new ListCodec<Network>(Network, ListForm.Array),
                p => p.Networks,
                (p, v) => p with { Networks = v })
            .Optional(
                "neighbors",
                new ListCodec<Neighbor>(Neighbor, ListForm.Array),
                p => p.Neighbors,
                (p, v) => p with { Neighbors = v })
            .Optional(
                "addressSets",
                new SetsCodec(Scalars.SetAddresses),
                p => p.AddressSets,
                (p, v) => p with { AddressSets = v })
            .Optional(
                "layers",
                new ListCodec<Layer>(RuleShapes.Layer, ListForm.Array),
                p => p.Layers,
                (p, v) => p with { Layers = v });
}
