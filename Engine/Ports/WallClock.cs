namespace VxlanEngine.Ports;

/// <summary>The time of frames that come without one.</summary>
internal static class WallClock
{
    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public static long NowNs() => NowNs(TimeProvider.System);

    /// <summary>Nanoseconds since 1970-01-01 UTC, as a clock tells them.</summary>
    public static long NowNs(TimeProvider clock) =>
        (clock.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
}
