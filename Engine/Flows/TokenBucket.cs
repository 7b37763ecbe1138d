using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>The state of one rate limit: time that has been saved up, in nanoseconds.</summary>
/// <remarks>
/// The virtual scheduling form of a token bucket (ITU-T I.371): exact at one packet a nanosecond, no tokens to round.
/// Thread: the worker's.
/// </remarks>
public sealed class TokenBucket
{
    private readonly RuleAction.RateLimit _limit;
    private long _nextPacketNs = long.MinValue;
    private long _nextBitNs = long.MinValue;

    /// <summary>Makes a full bucket.</summary>
    public TokenBucket(RuleAction.RateLimit limit) => _limit = limit;

    /// <summary>Takes what a packet costs.</summary>
    /// <param name="length">Bytes of the frame.</param>
    /// <param name="nowNs">The time.</param>
    /// <returns>False when the packet exceeds the rate; nothing is taken then.</returns>
    public bool TryTake(int length, long nowNs)
    {
        long burstNs = (long)(_limit.Burst.TotalSeconds * 1e9);
        long packetNs = _limit.PacketsPerSecond is long packets ? 1_000_000_000 / packets : 0;
        long bitNs = _limit.BitsPerSecond is long bits
            ? (long)((Int128)length * 8 * 1_000_000_000 / bits)
            : 0;
        long nextPacket = Math.Max(_nextPacketNs, nowNs) + packetNs;
        long nextBit = Math.Max(_nextBitNs, nowNs) + bitNs;
        if (nextPacket - nowNs > Math.Max(burstNs, packetNs) || nextBit - nowNs > Math.Max(burstNs, bitNs))
        {
            return false;
        }

        _nextPacketNs = nextPacket;
        _nextBitNs = nextBit;
        return true;
    }
}
