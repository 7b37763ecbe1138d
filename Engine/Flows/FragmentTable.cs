using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>Remembers the first fragment of each datagram, so that the others can follow it.</summary>
/// <remarks>
/// Keyed on port, direction, VNI, addresses, protocol and identification; bounded and timed. Fragments that overlap
/// poison their datagram (RFC 5722 asks that of IPv6; here for both). One that repeats another exactly does not (RFC
/// 8200 §4.5): networks duplicate packets, and copies of one cross a port one after the other. It fares like the one
/// it repeats; whoever reassembles the datagram ignores it. Thread: the worker's.
/// </remarks>
public sealed class FragmentTable
{
    private const int MaxFragments = 64;

    private readonly Dictionary<Key, Datagram> _datagrams = [];
    private readonly Queue<(Key Key, long DueNs)> _due = new();
    private readonly Stack<Datagram> _free = new();
    private readonly int _limit;
    private readonly long _timeoutNs;

    /// <summary>Makes an empty table.</summary>
    /// <param name="limit">Most datagrams it remembers.</param>
    /// <param name="timeout">How long after its first fragment a datagram is forgotten.</param>
    public FragmentTable(int limit, TimeSpan timeout)
    {
        _limit = limit;
        _timeoutNs = (long)(timeout.TotalSeconds * 1e9);
    }

    /// <summary>Number of datagrams remembered.</summary>
    public int Count => _datagrams.Count;

    /// <summary>Takes note of a first fragment, or gives a later one the transport fields of its first.</summary>
    /// <param name="port">Index of the port.</param>
    /// <param name="direction">Which way the fragment crosses the port's layers.</param>
    /// <param name="vni">The overlay network it belongs to, so that those of tenants do not mix; null for none.</param>
    /// <param name="fragment">The fragment; a later one gets ports, ICMP type and code.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>Why the fragment must be dropped, or none.</returns>
    public DropReason Follow(int port, Direction direction, uint? vni, ref ParsedFrame fragment, long nowNs)
    {
        Expire(nowNs);

        // RFC 791 §3.2 counts the protocol to a datagram's name, RFC 8200 §4.5 does not.
        IpProtocol protocol = fragment.Family == IpFamily.V4 ? fragment.Protocol : default;
        var key = new Key(
            port, direction, vni, fragment.Source, fragment.Destination, protocol, fragment.FragmentId);
        int payloadStart = fragment.FragmentOffset;
        int payloadEnd = payloadStart + PayloadLength(fragment);
        bool known = _datagrams.TryGetValue(key, out Datagram? datagram);
        if (!known)
        {
            if (fragment.Fragment == FragmentKind.Later)
            {
                return DropReason.FragmentWithoutFirst;
            }

            if (_datagrams.Count >= _limit)
            {
                return DropReason.FragmentTableFull;
            }

            datagram = _free.TryPop(out Datagram? free) ? free : new Datagram();
            datagram.Start(fragment);
            _datagrams.Add(key, datagram);
            _due.Enqueue((key, nowNs + _timeoutNs));
        }

        if (!datagram!.TryClaim(fragment, payloadStart, payloadEnd))
        {
            return DropReason.FragmentMalformed;
        }

        if (fragment.Fragment == FragmentKind.Later)
        {
            datagram.CopyTo(ref fragment);
        }

        return DropReason.None;
    }

    // An IPv6 first fragment may hold extension headers behind its fragment header; they count to its payload.
    private static int PayloadLength(in ParsedFrame fragment)
    {
        bool countsHeaders = fragment.FragmentHeaderOffset != 0;
        int start = countsHeaders
            ? fragment.FragmentHeaderOffset + Ipv6FragmentHeader.Length
            : fragment.L4Offset;
        return fragment.L3End - start;
    }

    private void Expire(long nowNs)
    {
        while (_due.TryPeek(out (Key Key, long DueNs) next) && next.DueNs <= nowNs)
        {
            _due.Dequeue();
            _datagrams.Remove(next.Key, out Datagram? ended);
            _free.Push(ended!);
        }
    }

    private readonly record struct Key(
        int Port,
        Direction Direction,
        uint? Vni,
        IpAddress Source,
        IpAddress Destination,
        IpProtocol Protocol,
        uint Id);

    /// <summary>What is known of a datagram; used again for another one when it is forgotten.</summary>
    private sealed class Datagram
    {
        private readonly List<(int Start, int End)> _claimed = new(4);

        private ParsedFrame _first;
        private bool _isPoisoned;

        public void Start(in ParsedFrame first)
        {
            _first = first;
            _claimed.Clear();
            _isPoisoned = false;
        }

        public bool TryClaim(in ParsedFrame fragment, int start, int end)
        {
            if (_isPoisoned || (_claimed.Contains((start, end)) && IsLikeFirst(fragment)))
            {
                return !_isPoisoned;
            }

            foreach ((int claimedStart, int claimedEnd) in _claimed)
            {
                _isPoisoned |= start < claimedEnd && claimedStart < end;
            }

            _isPoisoned |= _claimed.Count == MaxFragments;
            if (!_isPoisoned)
            {
                _claimed.Add((start, end));
            }

            return !_isPoisoned;
        }

        // A first fragment says what rules decide the whole datagram by: two that differ are no duplicates.
        private bool IsLikeFirst(in ParsedFrame fragment) =>
            fragment.Fragment == FragmentKind.Later
            || (fragment.SourcePort == _first.SourcePort
                && fragment.DestinationPort == _first.DestinationPort
                && fragment.IcmpType == _first.IcmpType
                && fragment.IcmpCode == _first.IcmpCode
                && fragment.TcpFlags == _first.TcpFlags
                && fragment.Protocol == _first.Protocol);

        public void CopyTo(ref ParsedFrame later)
        {
            later.SourcePort = _first.SourcePort;
            later.DestinationPort = _first.DestinationPort;
            later.IcmpType = _first.IcmpType;
            later.IcmpCode = _first.IcmpCode;
            later.HasTransport = _first.HasTransport;
            later.Protocol = _first.Protocol;
        }
    }
}
