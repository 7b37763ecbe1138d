namespace VxlanEngine.Policy;

/// <summary>How a network learns where stations are from the frames that they send (RFC 7348 §4.1).</summary>
/// <remarks>
/// A station's MAC address stands for the VTEP that its frame came from, or for the endpoint port without source guard.
/// What the policy says of a MAC address always wins, and nothing is learnt of it.
/// </remarks>
public sealed record Learning
{
    /// <summary>The largest <see cref="Limit"/>.</summary>
    public const int MaxLimit = 1 << 20;

    /// <summary>The shortest <see cref="Age"/>.</summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromSeconds(10);

    /// <summary>The longest <see cref="Age"/>.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(30);

    /// <summary>
    /// Most stations that the network remembers, 1 to 1 048 576. At the limit, the VTEP or port with the most of them
    /// loses the one that was silent longest. Default 1024.
    /// </summary>
    public int Limit { get; init; } = 1024;

    /// <summary>
    /// How long a station is remembered after its last frame, and a quarter longer at most; 10 s to 30 days. Default
    /// 5 minutes, as in IEEE 802.1Q.
    /// </summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromMinutes(5);
}
