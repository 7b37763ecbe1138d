namespace VxlanEngine.Policy;

/// <summary>How a network or a tunnel writes its outer headers.</summary>
public sealed record TunnelOptions
{
    /// <summary>The options that hold where none are given.</summary>
    public static TunnelOptions Default { get; } = new();

    /// <summary>UDP destination port.</summary>
    public ushort UdpPort { get; init; } = 4789;

    /// <summary>Range of UDP source ports; the hash of the inner flow chooses one (RFC 7348 §5).</summary>
    public NumberRange SourcePorts { get; init; } = new(49152, 65535);

    /// <summary>Whether both directions of an inner flow get the same source port.</summary>
    public bool SymmetricSourcePort { get; init; }

    /// <summary>Outer time to live or hop limit, 1–255.</summary>
    public byte Ttl { get; init; } = 64;

    /// <summary>How DSCP is carried.</summary>
    public DscpMode Dscp { get; init; }

    /// <summary>The outer don't-fragment bit, IPv4 only.</summary>
    public DontFragmentMode DontFragment { get; init; }

    /// <summary>The outer UDP checksum.</summary>
    public UdpChecksumMode UdpChecksum { get; init; }

    /// <summary>
    /// Whether the maximum segment size that TCP announces is lowered to what fits the tunnel, in both directions. On
    /// by default.
    /// </summary>
    public bool ClampMss { get; init; } = true;

    /// <summary>What happens to IPv4 packets that are too big and may be fragmented; the others are dropped.</summary>
    public OversizeMode Oversize { get; init; }
}
