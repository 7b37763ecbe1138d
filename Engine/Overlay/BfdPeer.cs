using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>A remote VTEP that a BFD session watches.</summary>
internal sealed class BfdPeer(
    int uplink, IpAddress local, IpAddress remote, BfdSession session, BfdAuthenticator authenticator)
{
    /// <summary>Index of the uplink that reaches it.</summary>
    public int Uplink => uplink;

    /// <summary>The uplink's own address.</summary>
    public IpAddress Local => local;

    /// <summary>The VTEP.</summary>
    public IpAddress Remote => remote;

    /// <summary>The session.</summary>
    public BfdSession Session => session;

    /// <summary>What authenticates the session's packets.</summary>
    public BfdAuthenticator Authenticator => authenticator;

    /// <summary>What the policy says.</summary>
    public required BfdOptions Options { get; set; }

    /// <summary>Control packets that were given to the wire.</summary>
    public long Sent { get; internal set; }

    /// <summary>Control packets that were taken, without those that were discarded.</summary>
    public long Received { get; internal set; }

    /// <summary>When the session came into its state; null before anything happened.</summary>
    public long? ChangedNs { get; internal set; }

    /// <summary>When it is told nothing more; never while the policy names it.</summary>
    internal long EndNs { get; set; } = long.MaxValue;

    /// <summary>When the table looks at it next.</summary>
    internal long QueuedNs { get; set; } = long.MaxValue;

    /// <summary>The UDP source port: the same for the whole session (RFC 5881 §4).</summary>
    public ushort SourcePort => (ushort)(FirstSourcePort + (session.LocalDiscriminator % SourcePorts));

    private const int FirstSourcePort = 49152;
    private const uint SourcePorts = 16384;
}
