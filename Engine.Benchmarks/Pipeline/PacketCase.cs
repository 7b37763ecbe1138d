namespace VxlanEngine.Benchmarks.Pipeline;

/// <summary>Kinds of packets that must cost no memory once the switch is warm.</summary>
public enum PacketCase
{
    /// <summary>Into a tunnel, without flow state.</summary>
    Encap,

    /// <summary>Out of a tunnel, without flow state.</summary>
    Decap,

    /// <summary>Into a tunnel, in a known flow.</summary>
    KnownFlow,

    /// <summary>Into a tunnel, each packet the first one of a flow.</summary>
    NewFlow,

    /// <summary>The same with a source address and port from a pool.</summary>
    NewTranslatedFlow,

    /// <summary>Source address and port translated, in a known flow.</summary>
    Translated,

    /// <summary>Destination translated to one of several backends, in a known flow.</summary>
    LoadBalanced,

    /// <summary>Dropped by a rule.</summary>
    Dropped,

    /// <summary>To everybody: three copies.</summary>
    Flooded,

    /// <summary>An ARP request, answered.</summary>
    ArpAnswered,

    /// <summary>An echo request to a tunnel endpoint, answered.</summary>
    EchoAnswered,

    /// <summary>Datagrams of two fragments each.</summary>
    Fragments,

    /// <summary>IPv6 into a tunnel, in a known flow.</summary>
    Ipv6,
}
