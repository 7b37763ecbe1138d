namespace VxlanEngine.Wire;

/// <summary>The ICMPv4 message types the engine knows (RFC 792, IANA registry).</summary>
public static class Icmpv4Type
{
    /// <summary>Answer to an echo request.</summary>
    public const byte EchoReply = 0;

    /// <summary>Destination unreachable; code 4 is fragmentation needed.</summary>
    public const byte DestinationUnreachable = 3;

    /// <summary>Use another router.</summary>
    public const byte Redirect = 5;

    /// <summary>Please answer.</summary>
    public const byte EchoRequest = 8;

    /// <summary>Time to live or reassembly time ran out.</summary>
    public const byte TimeExceeded = 11;

    /// <summary>A header field is wrong.</summary>
    public const byte ParameterProblem = 12;
}
