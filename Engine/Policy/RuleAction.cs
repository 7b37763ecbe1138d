using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>
/// What a rule does with a packet. The nested records are all there are; each but block passes the packet on.
/// </summary>
public abstract record RuleAction
{
    private RuleAction()
    {
    }

    /// <summary>The action in words: <c>nat destination 10.0.1.6:5353</c>.</summary>
    public sealed override string ToString() => RuleActionText.Describe(this);

    /// <summary>Passes the packet on unchanged.</summary>
    public sealed record Allow : RuleAction;

    /// <summary>Drops the packet.</summary>
    public sealed record Block : RuleAction;

    /// <summary>Static translation: writes the fields that are given; replies are translated back.</summary>
    public sealed record Nat : RuleAction
    {
        /// <summary>New source address.</summary>
        public IpAddress? Source { get; init; }

        /// <summary>New source port.</summary>
        public ushort? SourcePort { get; init; }

        /// <summary>New destination address.</summary>
        public IpAddress? Destination { get; init; }

        /// <summary>New destination port.</summary>
        public ushort? DestinationPort { get; init; }
    }

    /// <summary>Source translation to a free address and port of a pool, one per flow.</summary>
    public sealed record DynamicNat : RuleAction
    {
        /// <summary>The pool's addresses: ranges without negation or sets.</summary>
        public required AddressMatch Addresses { get; init; }

        /// <summary>The pool's ports and ICMP identifiers.</summary>
        public NumberRange Ports { get; init; } = new(1024, 65535);
    }

    /// <summary>Destination translation to one of several backends, chosen once per flow.</summary>
    public sealed record LoadBalance : RuleAction
    {
        /// <summary>The servers.</summary>
        public required ValueArray<Backend> Backends { get; init; }

        /// <summary>Which fields choose.</summary>
        public LoadBalanceHash Hash { get; init; }
    }

    /// <summary>Puts the frame into a tunnel: exactly one of the two properties is given.</summary>
    /// <remarks>
    /// Where two of the layers that a packet crosses encap it, the later one's tunnel is around the earlier one's: on
    /// one port, or on the port it comes from and the uplink it leaves by. Of a network, the second tunnel is then the
    /// one that leads to the first one's far end, which must be an address of the network. No packet enters a third.
    /// </remarks>
    public sealed record Encap : RuleAction
    {
        /// <summary>Name of the network whose mapping space names the tunnel.</summary>
        public string? Network { get; init; }

        /// <summary>The tunnel itself.</summary>
        public ExplicitTunnel? Tunnel { get; init; }
    }

    /// <summary>Authorises the removal of the tunnel headers.</summary>
    public sealed record Decap : RuleAction
    {
        /// <summary>Name of the port to deliver to, on an uplink; null delivers by network and destination.</summary>
        public string? Port { get; init; }
    }

    /// <summary>Rewrites link-layer and IP fields; replies are not rewritten back.</summary>
    public sealed record Modify : RuleAction
    {
        /// <summary>New source MAC address.</summary>
        public MacAddress? SourceMac { get; init; }

        /// <summary>New destination MAC address.</summary>
        public MacAddress? DestinationMac { get; init; }

        /// <summary>Whether the TTL or hop limit is decremented, and the packet dropped when it runs out.</summary>
        public bool DecrementTtl { get; init; }

        /// <summary>New DSCP, 0–63.</summary>
        public byte? Dscp { get; init; }

        /// <summary>VLAN id of a tag to push, 0–4095.</summary>
        public ushort? PushVlan { get; init; }

        /// <summary>Whether the outermost VLAN tag is removed.</summary>
        public bool PopVlan { get; init; }
    }

    /// <summary>
    /// Sends the packet out of a port, whatever its destination; on its way out of an uplink, tunnel headers and all.
    /// </summary>
    public sealed record Redirect : RuleAction
    {
        /// <summary>
        /// Name of the port; null is a hairpin: back through the port it came from, MAC addresses swapped.
        /// </summary>
        public string? Port { get; init; }
    }

    /// <summary>Sends a copy of the packet, as it is at this layer, out of a port.</summary>
    public sealed record Mirror : RuleAction
    {
        /// <summary>Name of the port.</summary>
        public required string Port { get; init; }
    }

    /// <summary>Counts packets and bytes under a name that several rules may share.</summary>
    /// <remarks>
    /// Bytes are those of the frame without tunnel headers, as it was received, so that both directions compare.
    /// </remarks>
    public sealed record Meter : RuleAction
    {
        /// <summary>Name of the counter.</summary>
        public required string Name { get; init; }
    }

    /// <summary>Drops packets above a rate: a token bucket per rule and port.</summary>
    /// <remarks>A frame weighs what it has without tunnel headers, like in a <see cref="Meter"/>.</remarks>
    public sealed record RateLimit : RuleAction
    {
        /// <summary>Packets a second, or null without such a limit.</summary>
        public long? PacketsPerSecond { get; init; }

        /// <summary>Bits a second over whole frames, or null without such a limit.</summary>
        public long? BitsPerSecond { get; init; }

        /// <summary>How long the rate may be exceeded: the bucket holds this much time's worth.</summary>
        public TimeSpan Burst { get; init; } = TimeSpan.FromMilliseconds(100);
    }
}
