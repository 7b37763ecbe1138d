using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>Packets a second, in bursts of what a tenth of a second brings. Thread: the worker's.</summary>
internal sealed class PacketRate
{
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(100);

    private int? _perSecond;
    private TokenBucket? _bucket;

    /// <summary>Takes a policy's rate over; one that is the same goes on.</summary>
    /// <param name="perSecond">Packets a second; 0 for none, null for no limit.</param>
    public void Adopt(int? perSecond)
    {
        if (perSecond == _perSecond)
        {
            return;
        }

        _perSecond = perSecond;
        _bucket = perSecond > 0
            ? new TokenBucket(new RuleAction.RateLimit { PacketsPerSecond = perSecond, Burst = Burst })
            : null;
    }

    /// <summary>True when one more packet may pass, which is then counted.</summary>
    public bool TryTake(long nowNs) => _bucket?.TryTake(0, nowNs) ?? _perSecond is null;
}
