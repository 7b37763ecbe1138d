namespace VxlanEngine.Ports.Captures;

/// <summary>Turns an interface's ticks into nanoseconds since 1970 (UTC); a result out of range saturates.</summary>
internal readonly struct TimestampScale
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    private readonly ulong _ticksPerSecond;
    private readonly long _offsetSeconds;

    // Nanoseconds per tick where that is a whole number and there is no offset, else 0.
    private readonly ulong _multiplier;
    private readonly ulong _largestTicks;

    public TimestampScale(ulong ticksPerSecond, long offsetSeconds)
    {
        _ticksPerSecond = ticksPerSecond;
        _offsetSeconds = offsetSeconds;
        if (offsetSeconds == 0 && NanosecondsPerSecond % ticksPerSecond == 0)
        {
            _multiplier = NanosecondsPerSecond / ticksPerSecond;
            _largestTicks = long.MaxValue / _multiplier;
        }
    }

    public long ToNanoseconds(ulong ticks) => _multiplier != 0
        ? ticks <= _largestTicks ? (long)(ticks * _multiplier) : long.MaxValue
        : Scale(ticks);

    // 2^64 ticks of a second each are below 2^94 ns, and so is any offset: 128 bits hold the sum.
    private long Scale(ulong ticks)
    {
        var sinceOffset = (Int128)((UInt128)ticks * NanosecondsPerSecond / _ticksPerSecond);
        Int128 sum = sinceOffset + ((Int128)_offsetSeconds * NanosecondsPerSecond);
        return (long)Int128.Clamp(sum, long.MinValue, long.MaxValue);
    }
}
