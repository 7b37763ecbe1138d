using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>What became of a packet and why: filled anew for every packet, valid until the next one.</summary>
public sealed class PacketReport
{
    private const int MaxDecisions = 64;

    private readonly LayerDecision[] _decisions = new LayerDecision[MaxDecisions];
    private readonly PacketContext _context;
    private HeaderTransposition _transposition;
    private int _count;

    internal PacketReport(PacketContext context) => _context = context;

    /// <summary>The frame's own headers as it was received: the outer ones of a tunnel packet.</summary>
    public ref readonly ParsedFrame Outer => ref _context.Outer;

    /// <summary>The innermost headers as they were received.</summary>
    public ref readonly ParsedFrame Inner => ref _context.Original;

    /// <summary>Index of the port that the packet entered at.</summary>
    public int Ingress { get; internal set; }

    /// <summary>Index of the port that this frame leaves through; −1 when it does not.</summary>
    public int Egress { get; internal set; }

    /// <summary>How this frame came to be.</summary>
    public FrameOrigin Origin { get; internal set; }

    /// <summary>The packet's fate.</summary>
    public Verdict Verdict { get; internal set; }

    /// <summary>What was done to the headers of a frame that leaves; nothing for one that the engine made.</summary>
    public ref readonly HeaderTransposition Transposition => ref _transposition;

    /// <summary>
    /// VNI of the tunnel that the packet came through, of two the inner one's; null when it came through none.
    /// </summary>
    public Vni? TunnelVni => Tunnel.Kind == TunnelKind.None ? null : Tunnel.Vni;

    /// <summary>What the header of that tunnel says; of no kind when the packet came through none.</summary>
    public TunnelHeader Tunnel { get; internal set; }

    /// <summary>Outer source of the tunnel that the packet came through.</summary>
    public IpAddress TunnelSource { get; internal set; }

    /// <summary>
    /// What the header of the tunnel says that <see cref="Tunnel"/> came through; of no kind when there was one tunnel.
    /// </summary>
    public TunnelHeader OuterTunnel { get; internal set; }

    /// <summary>True when the packet belonged to a flow that was known already.</summary>
    public bool FlowHit { get; internal set; }

    /// <summary>
    /// True when the packet belonged to a flow whose policy or tunnel has changed since, so that rules were read again.
    /// </summary>
    public bool FlowRenewed { get; internal set; }

    /// <summary>What the packet told of where its sender is, in a network that learns.</summary>
    public StationNews Station { get; internal set; }

    /// <summary>What the layers decided, in the order in which they were crossed.</summary>
    public ReadOnlySpan<LayerDecision> Decisions => _decisions.AsSpan(0, _count);

    /// <summary>The decision that settled the fate: the last one by a rule or a flow, or a blocking default.</summary>
    public LayerDecision? Deciding
    {
        get
        {
            if (Verdict.Drop == DropReason.LayerDefaultBlock && _count > 0)
            {
                return _decisions[_count - 1];
            }

            for (int i = _count - 1; i >= 0; i--)
            {
                if (_decisions[i].Rule is not null)
                {
                    return _decisions[i];
                }
            }

            return null;
        }
    }

    internal int Mark => _count;

    /// <summary><see cref="Transposition"/>, to be written where it stands: it is large.</summary>
    internal ref HeaderTransposition Work => ref _transposition;

    internal void Start(int ingress)
    {
        _count = 0;
        Ingress = ingress;
        Egress = -1;
        Origin = FrameOrigin.Received;
        Verdict = default;
        _transposition = default;
        FlowHit = false;
        FlowRenewed = false;
        Station = StationNews.None;
        Tunnel = default;
        OuterTunnel = default;
    }

    internal void Add(in LayerDecision decision)
    {
        if (_count < MaxDecisions)
        {
            _decisions[_count++] = decision;
        }
    }

    /// <summary>Forgets the decisions after a mark: those of another copy of the packet.</summary>
    internal void ReturnTo(int mark) => _count = mark;
}
