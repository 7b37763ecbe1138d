using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>All that the pipeline knows of the packet in hand; one instance is filled anew for every packet.</summary>
internal sealed class PacketContext
{
    /// <summary>The frame as it was received; its buffer is not written before its fate is known.</summary>
    public FrameDescriptor Frame;

    /// <summary>The time that state goes by: the running maximum of the frames' own times.</summary>
    public long NowNs;

    /// <summary>The frame's own headers: the outer ones of a tunnel packet.</summary>
    public ParsedFrame Outer;

    /// <summary>The innermost packet's headers as they were received.</summary>
    public ParsedFrame Original;

    /// <summary>
    /// What rules see: the innermost packet as the layers so far have changed it, and the tunnel it came through.
    /// </summary>
    public PacketFacts Facts;

    /// <summary>True when the frame is a tunnel packet whose inner frame was found.</summary>
    public bool IsTunnelled;

    /// <summary>
    /// Family of the packet between two tunnels that the frame came through; none where it came through one at most.
    /// </summary>
    public IpFamily MiddleFamily;

    /// <summary>The port whose layers put the packet into a tunnel last; −1 for none.</summary>
    public int EncapPort;

    /// <summary>The action that puts the packet into another tunnel once it is in its first one, or null.</summary>
    public RuleAction.Encap? NextEncap;

    /// <summary>The tunnel that the packet is in when it enters another one, or null.</summary>
    public TunnelTemplate? First;

    /// <summary>Destination MAC address of the frame in the second tunnel; zero for the first one's own.</summary>
    public MacAddress MiddleMac;

    /// <summary>Tags of the frame's own that rules have removed.</summary>
    public byte PopVlans;

    /// <summary>Tags that rules have pushed.</summary>
    public byte PushVlans;

    /// <summary>What is in them, 16 bits each, the outermost one's in the lowest.</summary>
    public ulong PushedTcis;

    /// <summary>True for an ICMP error whose quoted packet was read.</summary>
    public bool HasQuoted;

    /// <summary>The quoted packet.</summary>
    public ParsedFrame Quoted;

    /// <summary>True when the quoted packet belongs to a flow that was translated, and so must be too.</summary>
    public bool RewritesQuoted;

    /// <summary>The quoted packet's tuple after translation.</summary>
    public FlowTuple QuotedTo;

    /// <summary>The quoted packet's tuple now: layers of another port may have translated it already.</summary>
    public FlowTuple QuotedTuple => RewritesQuoted ? QuotedTo : FlowTuple.Of(Quoted);

    /// <summary>True when no packet is in hand: a flow is evaluated again, and nothing is counted or sent.</summary>
    public bool IsRehearsal;

    /// <summary>
    /// True when the packet's fate depends on more than its kind and its flow, so that the next one may fare otherwise.
    /// </summary>
    public bool IsUnique;

    /// <summary>Whether the port's rate of new flows lets the packet pass; null while nobody has asked.</summary>
    public bool? MayBeNew;

    /// <summary>True when the destination address was translated, so that the frame goes by address.</summary>
    public bool DestinationTranslated;

    // What the layers of the last crossing decided; a new crossing starts from nothing.

    /// <summary>The encap action that decided first, or null.</summary>
    public RuleAction.Encap? Encap;

    /// <summary>The encap action of a later layer, whose tunnel is around <see cref="Encap"/>'s, or null.</summary>
    public RuleAction.Encap? OuterEncap;

    /// <summary>True when the answer to a decapsulated flow goes back through the tunnel it came from.</summary>
    public bool ReturnsThroughTunnel;

    /// <summary>The tunnel's far end, when <see cref="ReturnsThroughTunnel"/>.</summary>
    public IpAddress ReturnVtep;

    /// <summary>The tunnel's VNI, when <see cref="ReturnsThroughTunnel"/>.</summary>
    public uint ReturnVni;

    /// <summary>True when a decap rule authorised the removal of the outer headers.</summary>
    public bool DecapAllowed;

    /// <summary>Port that a decap rule delivers to, or null.</summary>
    public string? DecapPort;

    /// <summary>The redirect action that decided last, or null.</summary>
    public RuleAction.Redirect? Redirect;

    /// <summary>
    /// Bytes of the frame that meters and rate limits weigh: without tunnel headers in both directions, as received.
    /// </summary>
    public int InnerLength => IsTunnelled ? Original.FrameEnd - Original.L2Offset : Frame.Length;

    public void Start(in FrameDescriptor frame, long nowNs)
    {
        Frame = frame;
        NowNs = nowNs;
        Outer = default;
        Original = default;
        Facts.Clear();
        IsTunnelled = false;
        MiddleFamily = IpFamily.None;
        EncapPort = -1;
        NextEncap = null;
        First = null;
        MiddleMac = default;
        PopVlans = 0;
        PushVlans = 0;
        PushedTcis = 0;
        HasQuoted = false;
        RewritesQuoted = false;
        IsRehearsal = false;
        IsUnique = false;
        MayBeNew = null;
        DestinationTranslated = false;
        StartCrossing();
    }

    public void StartCrossing()
    {
        Encap = null;
        OuterEncap = null;
        ReturnsThroughTunnel = false;
        DecapAllowed = false;
        DecapPort = null;
        Redirect = null;
    }

    /// <summary>Writes what was decided so far as one transposition.</summary>
    public void Describe(TunnelTemplate? push, ref HeaderTransposition transposition)
    {
        transposition.From = Original;
        transposition.To = Facts.Packet;
        transposition.PopOuter = IsTunnelled;
        transposition.PopVlans = PopVlans;
        transposition.PushVlans = PushVlans;
        transposition.PushedTcis = PushedTcis;
        transposition.HasQuoted = RewritesQuoted;
        if (RewritesQuoted)
        {
            transposition.Quoted = Quoted;
            transposition.QuotedTo = QuotedTo;
        }

        transposition.Push = push;
        transposition.PushFirst = push is null ? null : First;
        transposition.MiddleMac = MiddleMac;
        transposition.MaxSegment = 0;
    }
}
