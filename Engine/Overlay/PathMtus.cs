using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Path MTUs to remote VTEPs that the underlay has told of (RFC 1191, RFC 8201).</summary>
/// <remarks>
/// Shared by all workers. A path that is lowered makes a new table; packets only read it. Thread: any.
/// </remarks>
public sealed class PathMtus
{
    /// <summary>Most VTEPs that are remembered; more are not lowered.</summary>
    public const int Capacity = 1024;

    private const int SmallestIpv4 = 68; // RFC 791 §3.2: below is no MTU.
    private const uint FloorIpv4 = 576; // What every host takes; a lower claim would only slow things down.
    private const int SmallestIpv6 = 1280; // RFC 8200 §5.

    private const long LifetimeNs = 600_000_000_000; // Ten minutes: RFC 1191 §6.3, RFC 8201 §4.
    private const long RenewalNs = 60_000_000_000;

    // Replaced as a whole and never changed, so that workers read it without waiting.
    private Dictionary<IpAddress, Entry> _known = [];
    private uint _version;

    /// <summary>Rises with every change of a path MTU, so that who remembers sizes knows to look again.</summary>
    public uint Version => Volatile.Read(ref _version);

    /// <summary>Number of VTEPs to which the path MTU is lowered.</summary>
    public int Count => Volatile.Read(ref _known).Count;

    /// <summary>Lowers the path MTU to a VTEP, or lets a lower one hold longer.</summary>
    /// <param name="vtep">The VTEP.</param>
    /// <param name="mtu">What the underlay told.</param>
    /// <param name="now">The path MTU so far.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>False for what no path has, what is no lower, and for more VTEPs than are remembered.</returns>
    public bool TryLower(IpAddress vtep, uint mtu, int now, long nowNs)
    {
        bool isV4 = vtep.Family == IpFamily.V4;
        if (mtu < (isV4 ? SmallestIpv4 : SmallestIpv6))
        {
            return false;
        }

        uint told = isV4 ? Math.Max(mtu, FloorIpv4) : mtu;
        Dictionary<IpAddress, Entry> known = Volatile.Read(ref _known);
        bool isKnown = known.TryGetValue(vtep, out Entry path);
        bool isSame = isKnown && told == now && told == path.Mtu;
        if (isSame && path.UntilNs - nowNs > LifetimeNs - RenewalNs)
        {
            return true; // Told by every packet that is too big; written down once a minute.
        }

        if (told >= now && !isSame)
        {
            return false;
        }

        Dictionary<IpAddress, Entry> next = isKnown || known.Count < Capacity
            ? new Dictionary<IpAddress, Entry>(known)
            : new Dictionary<IpAddress, Entry>(known.Where(k => nowNs < k.Value.UntilNs));
        if (!isKnown && next.Count >= Capacity)
        {
            return false;
        }

        next[vtep] = new Entry((int)told, nowNs + LifetimeNs);
        return TryReplace(known, next);
    }

    /// <summary>The largest packet to a VTEP.</summary>
    /// <param name="vtep">The VTEP.</param>
    /// <param name="mtu">The uplink's MTU.</param>
    /// <param name="nowNs">The time.</param>
    public int Limit(IpAddress vtep, int mtu, long nowNs)
    {
        Dictionary<IpAddress, Entry> known = Volatile.Read(ref _known);
        if (known.Count == 0 || !known.TryGetValue(vtep, out Entry path))
        {
            return mtu;
        }

        if (nowNs < path.UntilNs)
        {
            return Math.Min(path.Mtu, mtu);
        }

        var next = new Dictionary<IpAddress, Entry>(known);
        next.Remove(vtep);
        TryReplace(known, next);
        return mtu;
    }

    // Who was overtaken by another worker lets it be: the next packet that is too big tells again.
    private bool TryReplace(Dictionary<IpAddress, Entry> known, Dictionary<IpAddress, Entry> next)
    {
        if (Interlocked.CompareExchange(ref _known, next, known) != known)
        {
            return false;
        }

        Interlocked.Increment(ref _version);
        return true;
    }

    private readonly record struct Entry(int Mtu, long UntilNs);
}
