using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>BFD with the VTEPs that uplinks watch: packets that come, packets that go, and what follows.</content>
internal sealed partial class PacketProcessor : IBfdLink
{
    private readonly BfdTable _bfd;
    private readonly List<(IpAddress Vtep, bool IsUp)> _vtepChanges = [];

    /// <summary>Is told of VTEPs that sessions have found to be up or down, to choose others from then on.</summary>
    public required Action<IReadOnlyList<(IpAddress Vtep, bool IsUp)>> VtepsChanged { get; init; }

    /// <summary>Is told of a session that came into another state; null when nobody wants to know.</summary>
    public Action<BfdSummary>? SessionChanged { get; set; }

    /// <summary>Looks at all sessions, by the order of their VTEPs.</summary>
    public IReadOnlyList<BfdSummary> ReadBfdSessions(Func<int, string> portName) =>
        [.. _bfd.Peers.OrderBy(p => p.Remote).Select(p => BfdSummary.Of(p, portName(p.Uplink), NowNs))];

    /// <summary>
    /// Passes on which VTEPs sessions have found to be up or down: packets from the next one on see it.
    /// </summary>
    public void FollowSessions()
    {
        if (_vtepChanges.Count > 0)
        {
            (IpAddress, bool)[] changes = [.. _vtepChanges];
            _vtepChanges.Clear();
            VtepsChanged(changes);
        }
    }

    /// <summary>Does what is due for sessions before a packet is looked at.</summary>
    private void TendSessions(uint packetId)
    {
        if (NowNs >= _bfd.NextNs)
        {
            _c.Frame.PacketId = packetId;
            _bfd.Tend(NowNs, this);
            FollowSessions();
        }
    }

    /// <summary>Watches the VTEPs that the policy in force names, and no others.</summary>
    private void ReviseSessions()
    {
        if (_bfd.Count > 0)
        {
            _bfd.Retain(IsWatched, NowNs, this);
        }

        foreach (BoundPort uplink in _isLeaving ? [] : _snapshot.Uplinks)
        {
            foreach (IpAddress vtep in uplink.Port.Bfd?.Vteps ?? [])
            {
                _bfd.Watch(uplink.Index, LocalOf(uplink, vtep), vtep, uplink.Port.Bfd!);
            }
        }
    }

    private bool IsWatched(BfdPeer peer) =>
        !_isLeaving
        && _snapshot.Port(peer.Uplink) is { Port.Bfd: { } bfd } uplink
        && bfd.Vteps.AsSpan().Contains(peer.Remote)
        && LocalOf(uplink, peer.Remote) == peer.Local;

    // As tunnels to the VTEP that name no local one.
    private static IpAddress LocalOf(BoundPort uplink, IpAddress vtep) =>
        uplink.Routes.TryFind(null, vtep, out FoundRoute route)
            ? route.Local
            : uplink.Port.Addresses.First(a => a.Family == vtep.Family);

    /// <summary>Takes what came on the management VNI, which has no tenants (RFC 8971 §4).</summary>
    private Verdict FromPeer()
    {
        if (!BfdFrame.TryOpen(Bytes, _c.Original, out ReadOnlySpan<byte> payload))
        {
            return DropReason.BfdInvalid;
        }

        DropReason reason = _bfd.Receive(payload, _c.Outer.Destination, _c.Outer.Source, _c.NowNs, this);
        return reason == DropReason.None ? Verdict.Consumed : reason;
    }

    void IBfdLink.Send(BfdPeer peer, in BfdPacket packet)
    {
        if (_snapshot.Port(peer.Uplink) is not BoundPort uplink)
        {
            return;
        }

        PortCounters counters = Counters(peer.Uplink);
        counters.Generated++;
        if (!_pool.TryRent(BfdFrame.MaxLength, out FrameDescriptor frame))
        {
            counters.Drop(DropReason.PoolExhausted);
            return;
        }

        frame.Length = BfdFrame.Write(peer, packet, uplink.Port.Mac, _pool.Frame(frame));
        frame.Port = (ushort)peer.Uplink;
        frame.PacketId = _c.Frame.PacketId;
        DropReason reason = Encapsulate(peer, ref frame, out TunnelTemplate? tunnel);
        if (tunnel is null || reason != DropReason.None)
        {
            Retire(frame, FrameOrigin.Bfd, reason);
        }
        else if (tunnel.IsUnresolved)
        {
            Hold(new WaitingFrame(frame, peer.Uplink, tunnel, (byte)FrameOrigin.Bfd));
        }
        else
        {
            Leave(frame, peer.Uplink, FrameOrigin.Bfd, tunnel);
        }
    }

    void IBfdLink.Changed(BfdPeer peer, BfdState before)
    {
        BfdState now = peer.Session.State;
        if (now == BfdState.AdminDown)
        {
            // Nobody watches it any longer. RFC 5882 §3.3: one that was never up has changed nothing.
            if (peer.Session.HasBeenUp)
            {
                _vtepChanges.Add((peer.Remote, true));
            }
        }
        else if (now == BfdState.Up || before == BfdState.Up)
        {
            _vtepChanges.Add((peer.Remote, now == BfdState.Up));
        }

        SessionChanged?.Invoke(BfdSummary.Of(peer, _snapshot.PortNames[peer.Uplink], NowNs));
    }

    private DropReason Encapsulate(BfdPeer peer, ref FrameDescriptor frame, out TunnelTemplate? tunnel)
    {
        BfdOptions options = peer.Options;
        tunnel = _snapshot.Tunnel(
            options.Vni, peer.Local, peer.Remote, options.Tunnel, flow: 0, _neighbors, NowNs, out DropReason reason);
        if (tunnel is null)
        {
            return reason;
        }

        reason = PacketParser.ParseFrame(_pool.Frame(frame), 0, out ParsedFrame inner);
        ushort identification = VxlanEncapsulation.MayFragment(tunnel, inner) ? TakeIdentification() : (ushort)0;
        return reason == DropReason.None
            ? VxlanEncapsulation.Push(_pool, ref frame, tunnel, inner, _state.Limits.HashKey, identification)
            : reason;
    }
}
