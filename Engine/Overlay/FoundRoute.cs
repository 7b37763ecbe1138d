using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>What a <see cref="RouteTable"/> says of the way to an address.</summary>
/// <param name="Local">The uplink's own address to send from.</param>
/// <param name="Remote">The address.</param>
/// <param name="Via">The routers on the link that lead to it; none where it is on the link itself.</param>
/// <param name="PrefixLength">How long the route's prefix is.</param>
internal readonly record struct FoundRoute(
    IpAddress Local, IpAddress Remote, ValueArray<IpAddress> Via, int PrefixLength)
{
    /// <summary>True when the flow's hash chooses among several stations on the link.</summary>
    public bool IsChoice => Via.Count > 1;

    /// <summary>The station on the link to send to; the first one where there is a choice.</summary>
    public IpAddress NextHop => Via.IsEmpty ? Remote : Via[0];

    /// <summary>True for a station on the link that packets may be sent to.</summary>
    public bool LeadsBy(IpAddress station) => Via.IsEmpty ? station == Remote : Via.AsSpan().Contains(station);

    /// <summary>
    /// The stations on the link in the order of a flow's preference: by rendezvous hashing, so that a flow whose
    /// favourite comes or goes is the only one to move.
    /// </summary>
    public Choices For(ulong hash) => new(this, hash);

    /// <summary>Goes through the next hops of a route, the best one first.</summary>
    public struct Choices(FoundRoute route, ulong hash)
    {
        private readonly FoundRoute _route = route;
        private ulong _last = ulong.MaxValue;
        private int _lastIndex = -1;

        /// <summary>The station.</summary>
        public IpAddress Current { get; private set; } = default;

        /// <summary>Goes on to the next one; there are few, so that nothing is sorted.</summary>
        public bool MoveNext()
        {
            if (_route.Via.IsEmpty)
            {
                Current = _route.Remote;
                return ++_lastIndex == 0;
            }

            int best = -1;
            ulong highest = 0;
            for (int i = 0; i < _route.Via.Count; i++)
            {
                IpAddress station = _route.Via[i];
                // Neighbours' addresses differ in few bits; once more, so that each gets its share to a few percent.
                ulong number = FlowHash.Mix(FlowHash.Mix(FlowHash.Mix(hash, station.High), station.Low), hash);
                bool isLeft = number < _last || (number == _last && i > _lastIndex);
                if (isLeft && (best < 0 || number > highest))
                {
                    (best, highest) = (i, number);
                }
            }

            if (best < 0)
            {
                return false;
            }

            (_last, _lastIndex, Current) = (highest, best, _route.Via[best]);
            return true;
        }
    }
}
