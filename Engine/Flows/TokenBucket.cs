using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>The state of one rate limit: until when packets that passed have used the rate up.</summary>
/// <remarks>
/// The virtual scheduling form of a token bucket (ITU-T I.371). Times are kept in nanoseconds multiplied by the rate,
/// so that nothing is rounded at any rate. Thread: the worker's.
/// </remarks>
public sealed class TokenBucket
{
    private const long NsPerSecond = 1_000_000_000;

    private readonly RuleAction.RateLimit _limit;
    private readonly long _burstNs;
    private Int128 _packetsUntil = Int128.MinValue;
    private Int128 _bitsUntil = Int128.MinValue;

    /// <summary>Makes a full bucket.</summary>
    public TokenBucket(RuleAction.RateLimit limit)
    {
        ArgumentNullException.ThrowIfNull(limit);
        _limit = limit;
        _burstNs = limit.Burst.Ticks * TimeSpan.NanosecondsPerTick;
    }

    /// <summary>Takes what a packet costs.</summary>
    /// <param name="length">Bytes of the frame.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>False when the packet exceeds the rate; nothing is taken then.</returns>
    public bool TryTake(int length, long nowNs)
    {
        Int128 packetsUntil = _packetsUntil;
        Int128 bitsUntil = _bitsUntil;
        if (!TryTake(_limit.PacketsPerSecond, 1, nowNs, ref packetsUntil)
            || !TryTake(_limit.BitsPerSecond, length * 8L, nowNs, ref bitsUntil))
        {
            return false;
        }

        _packetsUntil = packetsUntil;
        _bitsUntil = bitsUntil;
        return true;
    }

    private bool TryTake(long? perSecond, long amount, long nowNs, ref Int128 until)
    {
        if (perSecond is not long rate)
        {
            return true;
        }

        Int128 now = (Int128)nowNs * rate;
        Int128 cost = (Int128)amount * NsPerSecond;
        until = Int128.Max(until, now) + cost;
        return until - now <= Int128.Max((Int128)_burstNs * rate, cost);
    }
}
