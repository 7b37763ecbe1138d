using System.Buffers.Binary;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>Switches and frames for each <see cref="PacketCase"/>.</summary>
internal static class PacketCases
{
    private const string Sender = "02:00:00:00:00:01";
    private const string Receiver = "02:00:00:00:00:02";
    private const string SenderIp = "10.1.0.1";
    private const string ReceiverIp = "10.2.0.1";

    /// <summary>The fate of the frames.</summary>
    public static VerdictKind FateOf(PacketCase packets) => packets switch
    {
        PacketCase.Dropped => VerdictKind.Drop,
        PacketCase.ArpAnswered or PacketCase.EchoAnswered => VerdictKind.Consume,
        _ => VerdictKind.Forward,
    };

    /// <summary>Builds a switch and what it gets.</summary>
    public static SwitchLoop Start(PacketCase packets) => packets switch
    {
        PacketCase.Encap => Tenant(ComparisonPolicy.For(Workload.Encap), Udp()),
        PacketCase.Decap => Underlay(ComparisonPolicy.For(Workload.Decap), FlowFrames.Tunnelled(1, 60)),
        PacketCase.KnownFlow => Tenant(ComparisonPolicy.For(Workload.Tracked), Udp()),
        PacketCase.NewFlow => NewFlows(ComparisonPolicy.For(Workload.Tracked)),
        PacketCase.NewTranslatedFlow => NewFlows(ComparisonPolicy.For(Workload.DynamicNat)),
        PacketCase.Translated => Tenant(ComparisonPolicy.For(Workload.DynamicNat), Udp()),
        PacketCase.LoadBalanced => Tenant(Balancing(), Udp("10.2.0.250")),
        PacketCase.Dropped => Tenant(Blocking(), Udp()),
        PacketCase.Flooded => Tenant(Flooding(), FrameBuilder.Ethernet(Sender, "ff:ff:ff:ff:ff:ff")
            .Ipv4(SenderIp, "10.255.255.255").Udp(1, 2).Build()),
        PacketCase.ArpAnswered => Tenant(
            ComparisonPolicy.For(Workload.Encap),
            FrameBuilder.Ethernet(Sender, "ff:ff:ff:ff:ff:ff").ArpRequest(Sender, SenderIp, ReceiverIp).Build()),
        PacketCase.EchoAnswered => Underlay(
            ComparisonPolicy.For(Workload.Encap),
            FrameBuilder.Ethernet("02:aa:00:00:00:02", "02:aa:00:00:00:01").Ipv4("172.31.0.2", "172.31.0.1")
                .IcmpEchoRequest(1, 1).Payload(20).Build()),
        PacketCase.Fragments => Fragments(),
        PacketCase.Ipv6 => Tenant(
            ComparisonPolicy.For(Workload.Tracked),
            FrameBuilder.Ethernet(Sender, Receiver).Ipv6("fd00::1", "fd00::2").Udp(1000, 53).Payload(20).Build()),
        _ => throw new ArgumentOutOfRangeException(nameof(packets), packets, "No such case."),
    };

    /// <summary>Gives each packet ports of its own; the UDP checksum must be 0.</summary>
    public static void MakeNewFlow(Memory<byte> frame, long number)
    {
        uint ports = (uint)number | 0x0001_0001;
        BinaryPrimitives.WriteUInt32BigEndian(frame.Span[34..], (ports & 0xFFFF_FFFE) + (uint)(number & 1));
        BinaryPrimitives.WriteUInt32BigEndian(frame.Span[26..], 0x0A01_0000 | ((uint)number & 0xFFFF));
    }

    /// <summary>A switch each of whose packets begins a flow.</summary>
    public static SwitchLoop NewFlows(SwitchPolicy policy) =>
        new(policy, ComparisonPolicy.Tenant, [NewFlow()], MakeNewFlow);

    private static byte[] Udp(string destination = ReceiverIp) =>
        FrameBuilder.Ethernet(Sender, Receiver).Ipv4(SenderIp, destination).Udp(1000, 53).Payload(18).Build();

    private static byte[] NewFlow() =>
        FrameBuilder.Ethernet(Sender, Receiver).Ipv4(SenderIp, ReceiverIp).Udp(1, 1, checksum: 0).Payload(18).Build();

    private static SwitchLoop Tenant(SwitchPolicy policy, byte[] frame) =>
        new(policy, ComparisonPolicy.Tenant, [frame]);

    private static SwitchLoop Underlay(SwitchPolicy policy, byte[] frame) =>
        new(policy, ComparisonPolicy.Underlay, [frame]);

    private static SwitchPolicy Balancing() => ComparisonPolicy.Outbound(ComparisonPolicy.Rules(
        "lb",
        new RuleAction.LoadBalance
        {
            Backends =
            [
                new Backend { Address = IpAddress.Parse(ReceiverIp), Port = 5353 },
                new Backend { Address = IpAddress.Parse(ReceiverIp), Port = 5354 },
            ],
        }));

    private static SwitchPolicy Blocking() =>
        ComparisonPolicy.Outbound(ComparisonPolicy.Rules("acl", new RuleAction.Block()));

    private static SwitchPolicy Flooding()
    {
        SwitchPolicy policy = ComparisonPolicy.For(Workload.Encap);
        string[] others = ["172.31.0.3", "172.31.0.4"];
        IEnumerable<Neighbor> neighbors = others.Select(o => policy.Neighbors[0] with { Address = IpAddress.Parse(o) });
        return policy with
        {
            Networks =
            [
                policy.Networks[0] with
                {
                    Broadcast = VxlanEngine.Policy.Flooding.Replicate,
                    Vteps = others.Select(o => IpAddress.Parse(o)).ToValueArray(),
                },
            ],
            Neighbors = [.. policy.Neighbors, .. neighbors],
        };
    }

    private static SwitchLoop Fragments()
    {
        byte[] first = FrameBuilder.Ethernet(Sender, Receiver)
            .Ipv4(SenderIp, ReceiverIp, id: 1, moreFragments: true).Udp(1000, 53, length: 40).Payload(16).Build();
        byte[] later = FrameBuilder.Ethernet(Sender, Receiver)
            .Ipv4(SenderIp, ReceiverIp, id: 1, fragmentOffset: 24, protocol: 17).Payload(16).Build();

        // Each datagram has its own identification, and comes so late after the last one with the same that it is a new
        // one. The header's checksum does not matter to an endpoint's frames.
        return new SwitchLoop(
            ComparisonPolicy.For(Workload.Tracked),
            ComparisonPolicy.Tenant,
            [first, later],
            (frame, number) => BinaryPrimitives.WriteUInt16BigEndian(frame.Span[18..], (ushort)(number / 2)),
            stepNs: 1_000_000);
    }
}
