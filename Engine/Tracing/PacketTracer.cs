using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Tracing;

/// <summary>Writes down what happens to each packet.</summary>
/// <remarks>Watches the real pipeline; it decides nothing itself.</remarks>
internal sealed class PacketTracer(Func<int, string> portName) : IFrameSink, ILayerObserver
{
    private readonly List<LayerStory> _layers = [];
    private readonly List<OutcomeStory> _outcomes = [];
    private PacketStory? _story;
    private bool _hasFate;
    private Verdict _verdict;
    private bool _flowHit;
    private bool _flowRenewed;
    private bool _looked;

    /// <summary>Takes a packet through a switch and tells its story.</summary>
    /// <param name="core">The switch; this tracer is its sink and observer.</param>
    /// <param name="frame">The frame.</param>
    public PacketStory Trace(SwitchCore core, in FrameDescriptor frame)
    {
        _layers.Clear();
        _outcomes.Clear();
        _hasFate = false;
        _verdict = Verdict.Forwarded;
        _flowHit = false;
        _flowRenewed = false;
        _looked = false;
        ReadOnlySpan<byte> bytes = core.Pool.Frame(frame);
        _story = new PacketStory
        {
            Number = frame.PacketId,
            TimeNs = frame.TimeNs,
            Port = portName(frame.Port),
            Length = frame.Length,
            Packet = string.Empty,
            Headers = FrameText.Describe(bytes, TunnelsInto(core.Processor.Snapshot.Port(frame.Port))),
            Flow = string.Empty,
            Layers = [],
            Outcomes = [],
            Verdict = string.Empty,
        };
        core.Processor.Process(frame);
        return _story with
        {
            Flow = !_looked ? "none" : _flowHit ? "hit" : _flowRenewed ? "renewed" : "miss",
            Layers = [.. _layers],
            Outcomes = [.. _outcomes],
            Verdict = _verdict.Kind.ToString().ToLowerInvariant(),
            Reason = _verdict.Kind switch
            {
                VerdictKind.Drop => _verdict.Drop.Name(),
                VerdictKind.Punt => _verdict.Punt.ToString().ToLowerInvariant(),
                _ => null,
            },
            Explanation = _verdict.Kind == VerdictKind.Drop ? _verdict.Drop.Sentence() : null,
        };
    }

    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        Note(report);
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        _outcomes.Add(new OutcomeStory(
            portName(report.Egress),
            report.Origin.ToString().ToLowerInvariant(),
            report.Origin == FrameOrigin.Answer ? [] : Steps(report),
            FrameText.Describe(bytes, TunnelsOutOf(report.Transposition)),
            frame.Length));
        pool.Return(frame);
        return true;
    }

    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        Note(report);
        if (!_hasFate || report.Origin == FrameOrigin.Received)
        {
            _verdict = report.Verdict;
            _hasFate = true;
        }
    }

    public void OnLayer(BoundLayer layer, in PacketFacts facts, in LayerDecision decision)
    {
        _looked |= facts.Packet.IsIp;
        BoundRule? rule = decision.Rule;
        string defaultAction = layer.Layer.Default == DefaultAction.Allow ? "allow" : "block";
        _layers.Add(new LayerStory(
            portName(decision.Port),
            layer.Layer.Name,
            decision.Direction == Direction.Out ? "out" : "in",
            decision.Source.ToString().ToLowerInvariant(),
            rule?.Id,
            rule?.Rule.Match.ToString(),
            rule?.Rule.Action.ToString() ?? defaultAction,
            FrameText.Name(facts.Packet),
            decision.Source == DecisionSource.Flow ? [] : layer.Oracle.Explain(decision.Direction, facts)));
    }

    private void Note(PacketReport report)
    {
        _flowHit |= report.FlowHit;
        _flowRenewed |= report.FlowRenewed;
        _story = _story! with
        {
            Packet = report.Outer.FrameEnd == 0 ? "unread" : FrameText.Name(NameOf(report)),
            Innermost = NameOf(report),
            Vni = report.TunnelVni?.Value,
            DecidedBy = report.Deciding?.ToString(),
            Station = report.Station == StationNews.None ? null : report.Station.ToString().ToLowerInvariant(),
        };
    }

    /// <summary>The tunnels that a port opens, of two the outer one first.</summary>
    private static Func<int, ParsedFrame, ITunnelProtocol?> TunnelsInto(BoundPort? port) =>
        (depth, packet) => depth switch
        {
            0 => port?.Tunnels.GetValueOrDefault(packet.DestinationPort),
            1 when PacketProcessor.TryFindTunnelWithin(port!, packet, out ITunnelProtocol? within) => within,
            _ => null,
        };

    /// <summary>The tunnels that a frame was put into.</summary>
    private static Func<int, ParsedFrame, ITunnelProtocol?> TunnelsOutOf(HeaderTransposition done) =>
        (depth, packet) => depth switch
        {
            0 => done.Push?.Options.ProtocolAt(packet.DestinationPort),
            1 => done.PushFirst?.Options.ProtocolAt(packet.DestinationPort),
            _ => null,
        };

    private static ParsedFrame NameOf(PacketReport report) =>
        report.Inner.FrameEnd == 0 ? report.Outer : report.Inner;

    private static List<string> Steps(PacketReport report)
    {
        ref readonly HeaderTransposition t = ref report.Transposition;
        var steps = new List<string>();
        if (t.PopOuter && report.OuterTunnel.Kind != TunnelKind.None)
        {
            steps.Add($"pop {report.OuterTunnel} from {report.Outer.Source}");
        }

        if (t.PopOuter)
        {
            steps.Add($"pop {report.Tunnel} from {report.TunnelSource}");
        }

        Change(steps, "source mac", t.From.SourceMac, t.To.SourceMac);
        Change(steps, "destination mac", t.From.DestinationMac, t.To.DestinationMac);
        if (t.From.IsIp)
        {
            Change(steps, "source", t.From.Source, t.To.Source);
            Change(steps, "source port", t.From.SourcePort, t.To.SourcePort);
            Change(steps, "destination", t.From.Destination, t.To.Destination);
            Change(steps, "destination port", t.From.DestinationPort, t.To.DestinationPort);
            Change(steps, "ttl", t.From.Ttl, t.To.Ttl);
            Change(steps, "traffic class", t.From.TrafficClass, t.To.TrafficClass);
        }

        if (t.PopVlans > 0)
        {
            steps.Add($"pop {t.PopVlans} vlan tag{(t.PopVlans > 1 ? "s" : string.Empty)}");
        }

        for (int i = t.PushVlans - 1; i >= 0; i--)
        {
            steps.Add($"push vlan {t.PushedTci(i)}");
        }

        if (t.HasQuoted)
        {
            steps.Add("translate the quoted packet");
        }

        if (t.PushFirst is not null)
        {
            steps.Add($"push {t.PushFirst.Name}");
        }

        if (t.Push is not null)
        {
            steps.Add($"push {t.Push.Description}");
        }

        return steps;
    }

    private static void Change<T>(List<string> steps, string what, T from, T to)
    {
        if (!EqualityComparer<T>.Default.Equals(from, to))
        {
            steps.Add($"{what} {from} to {to}");
        }
    }
}
