using System.Text;
using System.Text.Unicode;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Wire;

namespace VxlanEngine.Replay;

/// <summary>Says in one line what became of a packet, and why: the comment it carries in a capture.</summary>
/// <remarks>
/// <c>web > uplink: acl/acl-out/anything-out, vnet/encap/to-blue; push vxlan vni 4097 172.31.0.1 > 172.31.0.2</c>
/// </remarks>
public static class ReportText
{
    /// <summary>Writes the line.</summary>
    /// <param name="utf8">Where to; a longer line is cut.</param>
    /// <param name="report">The report.</param>
    /// <param name="portName">Names a port.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> utf8, PacketReport report, Func<int, string> portName)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(portName);
        var line = new Line(utf8);
        line.Append(portName(report.Ingress));
        AppendFate(ref line, report, portName);
        AppendDecisions(ref line, report);
        if (report.Verdict.Kind == VerdictKind.Forward && report.Origin != FrameOrigin.Answer)
        {
            AppendTransposition(ref line, report);
        }

        line.Append(report.Station switch
        {
            StationNews.Learnt => "; station learnt",
            StationNews.Moved => "; station moved",
            StationNews.Refused => "; station not learnt",
            _ => string.Empty,
        });
        return line.Length;
    }

    /// <summary>The line as a string.</summary>
    public static string Describe(PacketReport report, Func<int, string> portName)
    {
        Span<byte> utf8 = stackalloc byte[2048];
        return Encoding.UTF8.GetString(utf8[..Write(utf8, report, portName)]);
    }

    private static void AppendFate(ref Line line, PacketReport report, Func<int, string> portName)
    {
        switch (report.Verdict.Kind)
        {
            case VerdictKind.Drop:
                line.Append(": drop ");
                line.Append(report.Verdict.Drop.Name());
                break;
            case VerdictKind.Punt:
                line.Append(": punt");
                break;
            case VerdictKind.Consume:
                line.Append(": consume");
                break;
            default:
                line.Append(" > ");
                line.Append(portName(report.Egress));
                line.Append(report.Origin switch
                {
                    FrameOrigin.Replica => " copy",
                    FrameOrigin.Mirror => " mirror",
                    FrameOrigin.Answer => " answer",
                    FrameOrigin.Fragment => " fragment",
                    FrameOrigin.Question => " question",
                    FrameOrigin.Bfd => " bfd",
                    FrameOrigin.Membership => " membership",
                    _ => string.Empty,
                });
                break;
        }
    }

    private static void AppendDecisions(ref Line line, PacketReport report)
    {
        string separator = ": ";
        foreach (ref readonly LayerDecision decision in report.Decisions)
        {
            line.Append(separator);
            separator = ", ";
            if (decision.Rule is not null)
            {
                line.Append(decision.Rule.Id);
                line.Append(decision.Source == DecisionSource.Flow ? " (flow)" : string.Empty);
            }
            else
            {
                line.Append(decision.Layer.Name);
                line.Append("/default");
            }
        }
    }

    private static void AppendTransposition(ref Line line, PacketReport report)
    {
        ref readonly HeaderTransposition t = ref report.Transposition;
        if (t.PopOuter)
        {
            AppendTunnel(ref line, report.OuterTunnel);
            AppendTunnel(ref line, report.Tunnel);
        }

        if (t.From.IsIp)
        {
            AppendChange(ref line, "; source ", t.From.Source, t.From.SourcePort, t.To.Source, t.To.SourcePort);
            AppendChange(
                ref line,
                "; destination ",
                t.From.Destination,
                t.From.DestinationPort,
                t.To.Destination,
                t.To.DestinationPort);
            line.Append(t.To.Ttl != t.From.Ttl ? "; ttl decremented" : string.Empty);
            line.Append(t.To.TrafficClass != t.From.TrafficClass ? "; traffic class changed" : string.Empty);
        }

        bool macs = t.From.DestinationMac != t.To.DestinationMac || t.From.SourceMac != t.To.SourceMac;
        line.Append(macs ? "; macs changed" : string.Empty);
        line.Append(t.PopVlans > 0 ? "; pop vlan" : string.Empty);
        for (int i = t.PushVlans - 1; i >= 0; i--)
        {
            line.Append("; push vlan ");
            line.Append(t.PushedTci(i));
        }

        if (t.MaxSegment != 0)
        {
            line.Append("; segments at most ");
            line.Append(t.MaxSegment);
        }

        AppendPush(ref line, t.PushFirst?.Name);
        AppendPush(ref line, t.Push?.Description);
    }

    private static void AppendPush(ref Line line, string? tunnel)
    {
        if (tunnel is not null)
        {
            line.Append("; push ");
            line.Append(tunnel);
        }
    }

    private static void AppendTunnel(ref Line line, in TunnelHeader tunnel)
    {
        if (tunnel.Kind == TunnelKind.None)
        {
            return;
        }

        line.Append("; pop ");
        line.Append(TunnelProtocols.Of(tunnel.Kind)!.Name);
        line.Append(" vni ");
        line.Append(tunnel.Vni.Value);
        if (tunnel.Policy is GroupPolicy policy)
        {
            line.Append(" group policy ");
            line.Append(policy.Id);
            line.Append(policy.IsApplied ? " applied" : string.Empty);
        }
    }

    private static void AppendChange(
        ref Line line, string what, IpAddress from, ushort fromPort, IpAddress to, ushort toPort)
    {
        if (from == to && fromPort == toPort)
        {
            return;
        }

        line.Append(what);
        AppendEndpoint(ref line, from, fromPort);
        line.Append(" > ");
        AppendEndpoint(ref line, to, toPort);
    }

    private static void AppendEndpoint(ref Line line, IpAddress address, ushort port)
    {
        line.Append(address.Family == IpFamily.V6 && port != 0 ? "[" : string.Empty);
        line.Append(address.ToString());
        line.Append(address.Family == IpFamily.V6 && port != 0 ? "]" : string.Empty);
        if (port != 0)
        {
            line.Append(":");
            line.Append(port);
        }
    }

    /// <summary>Text that is written to a span, as much of it as fits.</summary>
    private ref struct Line(Span<byte> utf8)
    {
        private readonly Span<byte> _utf8 = utf8;

        public int Length { get; private set; }

        public void Append(string text)
        {
            Utf8.FromUtf16(text, _utf8[Length..], out _, out int written);
            Length += written;
        }

        public void Append(uint number)
        {
            number.TryFormat(_utf8[Length..], out int written, provider: null);
            Length += written;
        }
    }
}
