using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Classification;

/// <summary>
/// What a packet is, in one word: the protocol in the low 8 bits, the DSCP in the next 6, then one flag each. A rule
/// asks for some of the bits and compares them all at once.
/// </summary>
internal static class PacketTraits
{
    public const uint Protocol = 0xFF;
    public const int DscpShift = 8;
    public const uint Dscp = 0x3F << DscpShift;
    public const uint HasPorts = 1 << 14;
    public const uint HasIcmp = 1 << 15;
    public const uint OpensConnection = 1 << 16;
    public const uint ContinuesConnection = 1 << 17;
    public const uint WholeDatagram = 1 << 18;
    public const uint FirstFragment = 1 << 19;
    public const uint LaterFragment = 1 << 20;
    public const uint HasVni = 1 << 21;
    public const uint HasOuterSource = 1 << 22;
    public const uint HasOuterDestination = 1 << 23;

    public const uint GroupPolicyOpen = 1 << 24;
    public const uint GroupPolicyApplied = 1 << 25;

    /// <summary>No packet's: the rule has conditions that <see cref="RemainingConditions"/> holds.</summary>
    public const uint Remainder = 1U << 31;

    public static uint Of(in PacketFacts facts)
    {
        ref readonly ParsedFrame p = ref facts.Packet;
        uint traits = (facts.HasVni ? HasVni : 0)
            | (facts.OuterSource.HasValue ? HasOuterSource : 0)
            | (facts.OuterDestination.HasValue ? HasOuterDestination : 0)
            | (facts.Policy is GroupPolicy policy ? Group(policy.IsApplied) : 0);
        if (!p.IsIp)
        {
            return traits;
        }

        traits |= (uint)p.Protocol | ((uint)p.Dscp << DscpShift) | Part(p.Fragment);
        return p.HasTransport ? traits | Transport(p.Protocol, facts.OpensConnection) : traits;
    }

    public static uint Part(FragmentKind kind) => WholeDatagram << (int)kind;

    public static uint Group(bool isApplied) => isApplied ? GroupPolicyApplied : GroupPolicyOpen;

    private static uint Transport(IpProtocol protocol, bool opensConnection) => protocol switch
    {
        IpProtocol.Tcp => HasPorts | (opensConnection ? OpensConnection : ContinuesConnection),
        IpProtocol.Udp or IpProtocol.Sctp => HasPorts,
        IpProtocol.Icmp or IpProtocol.Icmpv6 => HasIcmp,
        _ => 0,
    };
}
