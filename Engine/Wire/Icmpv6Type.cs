namespace VxlanEngine.Wire;

/// <summary>The ICMPv6 message types the engine knows (RFC 4443, RFC 4861, RFC 3810).</summary>
public static class Icmpv6Type
{
    /// <summary>Destination unreachable.</summary>
    public const byte DestinationUnreachable = 1;

    /// <summary>The packet does not fit the next link's MTU.</summary>
    public const byte PacketTooBig = 2;

    /// <summary>Hop limit or reassembly time ran out.</summary>
    public const byte TimeExceeded = 3;

    /// <summary>A header field is wrong.</summary>
    public const byte ParameterProblem = 4;

    /// <summary>Please answer.</summary>
    public const byte EchoRequest = 128;

    /// <summary>Answer to an echo request.</summary>
    public const byte EchoReply = 129;

    /// <summary>Which groups have listeners?</summary>
    public const byte MulticastListenerQuery = 130;

    /// <summary>A host listens to a group.</summary>
    public const byte MulticastListenerReport = 131;

    /// <summary>A host no longer listens to a group.</summary>
    public const byte MulticastListenerDone = 132;

    /// <summary>Is there a router?</summary>
    public const byte RouterSolicitation = 133;

    /// <summary>A router tells of itself.</summary>
    public const byte RouterAdvertisement = 134;

    /// <summary>Who has this address?</summary>
    public const byte NeighborSolicitation = 135;

    /// <summary>The sender has the address.</summary>
    public const byte NeighborAdvertisement = 136;

    /// <summary>Use another first hop.</summary>
    public const byte Redirect = 137;

    /// <summary>Which groups a host listens to, version 2.</summary>
    public const byte MulticastListenerReportV2 = 143;
}
