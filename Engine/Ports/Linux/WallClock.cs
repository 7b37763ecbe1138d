namespace VxlanEngine.Ports.Linux;

/// <summary>The time of frames that come without one.</summary>
internal static class WallClock
{
    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public static long NowNs() =>
        (TimeProvider.System.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
}
