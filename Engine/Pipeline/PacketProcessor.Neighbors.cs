using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>
/// Next hops that the policy does not name: questions, answers, and the frames that wait for them.
/// </content>
internal sealed partial class PacketProcessor : INeighborLink
{
    private readonly NeighborTable _neighbors;
    private readonly HostTables _host;

    // Frames that waited, and the switch's own, leave while another packet is in hand.
    private readonly PacketReport _neighborReport = new(new PacketContext());

    /// <summary>
    /// Another number whenever packets must not be sent to a MAC address, or stations be taken to be where they were,
    /// any longer.
    /// </summary>
    public uint WaysVersion => _neighbors.Version + _host.Version + _state.Stations.Version;

    /// <summary>Has the machine ask for a neighbour of an uplink; null where nobody can.</summary>
    public Action<int, IpAddress>? HostAsked { get; set; }

    /// <summary>Follows the machine's own tables after they were read anew.</summary>
    public void FollowHost()
    {
        _neighbors.FollowAll(NowNs, this);
        ReviseNeighbors();
    }

    /// <summary>Follows what the machine says of one of its neighbours.</summary>
    public void FollowHost(in HostNeighbor news)
    {
        if (_neighbors.Count == 0)
        {
            return;
        }

        foreach (int port in _host.PortsOn(news.Interface))
        {
            _neighbors.Follow(port, news, NowNs, this);
        }
    }

    /// <summary>Learns from what a station on the underlay says to this one.</summary>
    /// <returns>True when it was about a neighbour that was asked for.</returns>
    private bool TryHearNeighbor(BoundPort port) =>
        _neighbors.Count > 0
        && (_c.Outer.VlanCount > 0) == (port.Port.Vlan != 0)
        && NeighborNews.TryRead(Bytes, _c.Outer, out NeighborNews news)
        && news.Mac != port.Port.Mac
        && (news.IsAnnouncement || IsVtep(port, news.To))
        && _neighbors.TryHear(port.Index, news, _c.NowNs);

    /// <summary>Has a frame that is ready to leave wait for its next hop's MAC address.</summary>
    private void Hold(BoundPort egress, in FrameDescriptor frame, TunnelTemplate tunnel, bool isOriginal)
    {
        _c.IsUnique = true;
        _frameTaken |= isOriginal;
        Hold(new WaitingFrame(frame, egress.Index, tunnel, (byte)_report.Origin));
    }

    private void Hold(in WaitingFrame waiting)
    {
        if (_neighbors.TryHold(waiting, this))
        {
            Counters(waiting.Frame.Port).Held++;
        }
        else
        {
            Retire(waiting, DropReason.NeighborUnresolved);
        }
    }

    /// <summary>
    /// Gives up neighbours that the policy in force names itself, or has no way to, or not for what waits.
    /// </summary>
    private void ReviseNeighbors()
    {
        if (_neighbors.Count > 0)
        {
            _neighbors.ForgetAvoided();
            _neighbors.Retain(
                n => _snapshot.IsResolved(n)
                    && n.Waiting.All(frame => _snapshot.IsNextHop(frame.Tunnel)),
                this);
        }
    }

    void INeighborLink.Ask(UnderlayNeighbor neighbor)
    {
        if (_snapshot.Port(neighbor.Port) is not BoundPort uplink)
        {
            return;
        }

        if (neighbor.IsHost)
        {
            HostAsked?.Invoke(neighbor.Port, neighbor.Address);
            return;
        }

        PortCounters counters = Counters(neighbor.Port);
        counters.Generated++;
        if (!_pool.TryRent(NeighborQuestion.MaxLength, out FrameDescriptor frame))
        {
            counters.Drop(DropReason.PoolExhausted);
            return;
        }

        frame.Length = NeighborQuestion.Write(
            neighbor, uplink.Port.Mac, uplink.Port.VlanTci, _pool.Frame(frame));
        frame.Port = (ushort)neighbor.Port;
        frame.PacketId = _c.Frame.PacketId;
        Leave(frame, neighbor.Port, FrameOrigin.Question, null);
    }

    void INeighborLink.Send(in WaitingFrame frame, MacAddress nextHop)
    {
        Counters(frame.Frame.Port).Held--;
        MemoryMarshal.Write(_pool.Frame(frame.Frame), nextHop);
        if (_snapshot.Port(frame.Egress) is null)
        {
            Retire(frame, DropReason.PortNotReady);
        }
        else
        {
            Leave(frame.Frame, frame.Egress, (FrameOrigin)frame.Origin, frame.Tunnel);
        }
    }

    void INeighborLink.Drop(in WaitingFrame frame)
    {
        Counters(frame.Frame.Port).Held--;
        Retire(frame, DropReason.NeighborUnresolved);
    }

    private void Leave(FrameDescriptor frame, int egress, FrameOrigin origin, TunnelTemplate? tunnel)
    {
        frame.TimeNs = NowNs;
        _neighborReport.Start(frame.Port);
        _neighborReport.Verdict = Verdict.Forwarded;
        _neighborReport.Egress = egress;
        _neighborReport.Origin = origin;
        _neighborReport.Work.Push = tunnel;
        if (_sink.Transmit(_pool, frame, _neighborReport))
        {
            Counters(frame.Port).Forwarded++;
            Counters(egress).Sent++;
            return;
        }

        Retire(frame, origin, DropReason.EgressFull);
    }

    // What is dropped is shown as it came, or as it was put into the tunnel.
    private void Retire(in WaitingFrame frame, DropReason reason)
    {
        FrameDescriptor inner = frame.Frame;
        inner.Offset += frame.Tunnel.Header.Length;
        inner.Length -= frame.Tunnel.Header.Length;
        Retire(inner, (FrameOrigin)frame.Origin, reason);
    }

    private void Retire(in FrameDescriptor frame, FrameOrigin origin, DropReason reason)
    {
        Counters(frame.Port).Drop(reason);
        _neighborReport.Start(frame.Port);
        _neighborReport.Verdict = reason;
        _neighborReport.Origin = origin;
        _sink.Retire(_pool, frame, _neighborReport);
        _pool.Return(frame);
    }
}
