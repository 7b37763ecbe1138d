using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>The BFD sessions of a switch: one for each VTEP that its uplinks are to watch.</summary>
/// <remarks>
/// Time is what it is told, as for <see cref="NeighborTable"/>. Sessions outlive policies that go on naming their
/// VTEP. Of one that a policy names no longer the other side is told for a detection time (RFC 5880 §6.8.16), for a
/// packet may be lost; what it says is not for any session then. Thread: the worker's.
/// </remarks>
/// <param name="key">Where discriminators and jitter come from.</param>
internal sealed class BfdTable(ulong key)
{
    private readonly Dictionary<IpAddress, BfdPeer> _byRemote = [];
    private readonly Dictionary<uint, BfdPeer> _byDiscriminator = [];
    private readonly Dictionary<IpAddress, BfdPeer> _leaving = [];

    // Entries of an earlier time than a peer's own are not taken out when it is queued again; they are passed over.
    private readonly PriorityQueue<BfdPeer, long> _queue = new();
    private ulong _numbers = key;
    private ulong _made;

    /// <summary>Number of sessions, those aside that are over.</summary>
    public int Count => _byRemote.Count;

    /// <summary>Number of VTEPs that are still told that their session is over.</summary>
    public int Leaving => _leaving.Count;

    /// <summary>The sessions, in no order.</summary>
    public IEnumerable<BfdPeer> Peers => _byRemote.Values;

    /// <summary>When <see cref="Tend"/> has something to do next.</summary>
    public long NextNs => _queue.TryPeek(out _, out long dueNs) ? dueNs : long.MaxValue;

    /// <summary>Ends the sessions that a policy does not name any longer; they go on saying so for a while.</summary>
    /// <param name="isWanted">Whether the policy has an uplink, by its number, watch a VTEP.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="link">Sends what they say.</param>
    public void Retain(Predicate<BfdPeer> isWanted, long nowNs, IBfdLink link)
    {
        foreach (BfdPeer peer in _byRemote.Values)
        {
            if (isWanted(peer))
            {
                continue;
            }

            BfdState before = peer.Session.State;
            peer.Session.Disable();
            _byRemote.Remove(peer.Remote);
            _byDiscriminator.Remove(peer.Session.LocalDiscriminator);
            peer.EndNs = nowNs;
            if (peer.Sent > 0)
            {
                peer.EndNs += peer.Session.RemoteDetectionTimeNs;
                _leaving[peer.Remote] = peer;
                Transmit(peer, nowNs, link);
                Enqueue(peer);
            }

            link.Changed(peer, before);
        }
    }

    /// <summary>Has a VTEP watched, or watched otherwise.</summary>
    /// <param name="uplink">Index of the uplink.</param>
    /// <param name="local">The uplink's own address.</param>
    /// <param name="remote">The VTEP.</param>
    /// <param name="options">How.</param>
    public void Watch(int uplink, IpAddress local, IpAddress remote, BfdOptions options)
    {
        if (!_byRemote.TryGetValue(remote, out BfdPeer? peer))
        {
            uint discriminator = NewDiscriminator();
            var session = new BfdSession(options, discriminator, _numbers);
            var authenticator = new BfdAuthenticator((uint)FlowHash.Mix(_numbers, discriminator));
            authenticator.Configure(options.Authentication);
            peer = new BfdPeer(uplink, local, remote, session, authenticator) { Options = options };
            _byRemote.Add(remote, peer);
            _byDiscriminator.Add(discriminator, peer);

            // What the one before still had to say would be taken for this one's.
            if (_leaving.Remove(remote, out BfdPeer? former))
            {
                former.EndNs = long.MinValue;
            }
        }
        else if (peer.Options != options)
        {
            peer.Options = options;
            peer.Session.Configure(options);
            peer.Authenticator.Configure(options.Authentication);
        }

        Enqueue(peer);
    }

    /// <summary>Takes a control packet (RFC 5880 §6.8.6).</summary>
    /// <param name="payload">The datagram behind its UDP header.</param>
    /// <param name="local">The VTEP that it came to.</param>
    /// <param name="remote">The VTEP that it came from.</param>
    /// <param name="nowNs">The time.</param>
    /// <param name="link">Sends what answers.</param>
    /// <returns>Why it is discarded, or none.</returns>
    public DropReason Receive(
        ReadOnlySpan<byte> payload, IpAddress local, IpAddress remote, long nowNs, IBfdLink link)
    {
        DropReason reason = Read(payload, out BfdPacket packet);
        if (reason != DropReason.None)
        {
            return reason;
        }

        bool isKnown = packet.YourDiscriminator != 0
            ? _byDiscriminator.TryGetValue(packet.YourDiscriminator, out BfdPeer? peer)
            : _byRemote.TryGetValue(remote, out peer);
        if (!isKnown || peer!.Remote != remote || peer.Local != local)
        {
            return DropReason.BfdSessionUnknown;
        }

        reason = peer.Authenticator.Check(
            payload[..packet.PacketLength], packet, nowNs, peer.Session.DetectionTimeNs);
        if (reason != DropReason.None)
        {
            return reason;
        }

        BfdState before = peer.Session.State;
        peer.Session.Receive(packet, nowNs);
        peer.Received++;
        Settle(peer, before, nowNs, link);
        return DropReason.None;
    }

    /// <summary>Does what is due: packets, and the end of detection times.</summary>
    public void Tend(long nowNs, IBfdLink link)
    {
        while (_queue.TryPeek(out BfdPeer? peer, out long dueNs) && dueNs <= nowNs)
        {
            _queue.Dequeue();
            if (peer.QueuedNs != dueNs)
            {
                continue;
            }

            peer.QueuedNs = long.MaxValue;
            if (nowNs >= peer.EndNs)
            {
                EndLeave(peer);
                continue;
            }

            BfdState before = peer.Session.State;
            peer.Session.Tend(nowNs);
            Settle(peer, before, nowNs, link);
        }
    }

    private static DropReason Read(ReadOnlySpan<byte> payload, out BfdPacket packet)
    {
        if (!MemoryMarshal.TryRead(payload, out packet))
        {
            return DropReason.BfdInvalid;
        }

        int least = packet.IsAuthenticated ? BfdPacket.MinAuthenticatedLength : BfdPacket.Length;
        bool isValid = packet.Version == BfdPacket.CurrentVersion
            && packet.PacketLength >= least
            && packet.PacketLength <= payload.Length
            && packet.DetectMultiplier != 0
            && !packet.IsMultipoint
            && packet.MyDiscriminator != 0
            && (packet.YourDiscriminator != 0 || packet.State is BfdState.Down or BfdState.AdminDown);
        return isValid ? DropReason.None : DropReason.BfdInvalid;
    }

    private void EndLeave(BfdPeer peer)
    {
        if (_leaving.TryGetValue(peer.Remote, out BfdPeer? last) && last == peer)
        {
            _leaving.Remove(peer.Remote);
        }
    }

    private void Settle(BfdPeer peer, BfdState before, long nowNs, IBfdLink link)
    {
        Transmit(peer, nowNs, link);
        Enqueue(peer);
        if (peer.Session.State != before)
        {
            peer.ChangedNs = nowNs;
            link.Changed(peer, before);
        }
    }

    private static void Transmit(BfdPeer peer, long nowNs, IBfdLink link)
    {
        while (peer.Session.TryTransmit(nowNs, out BfdPacket packet))
        {
            peer.Sent++;
            link.Send(peer, packet);
        }
    }

    private void Enqueue(BfdPeer peer)
    {
        long dueNs = peer.Session.DueNs;
        if (dueNs < peer.QueuedNs)
        {
            peer.QueuedNs = dueNs;
            _queue.Enqueue(peer, dueNs);
        }
    }

    // RFC 5880 §6.8.1: unique, not 0, and nobody outside should be able to guess it. Not of the address, so that
    // an anonymous capture fits an anonymous policy.
    private uint NewDiscriminator()
    {
        uint number;
        do
        {
            _numbers = FlowHash.Mix(_numbers, ++_made);
            number = (uint)(_numbers >> 32);
        }
        while (number == 0 || _byDiscriminator.ContainsKey(number));
        return number;
    }
}
