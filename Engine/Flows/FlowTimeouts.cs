namespace VxlanEngine.Flows;

/// <summary>Idle times after which flows end. Rules may override them for their flows.</summary>
/// <remarks>
/// Kept in whole milliseconds, rounded up; longer ones than 49 days count as 49 days, negative ones as none.
/// </remarks>
public sealed record FlowTimeouts
{
    /// <summary>The longest time that is kept.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue);

    /// <summary>Established TCP without translation. Default 2 h.</summary>
    public TimeSpan TcpEstablished { get; init; } = TimeSpan.FromHours(2);

    /// <summary>TCP of which one side was heard only. Default 30 s.</summary>
    public TimeSpan TcpHalfOpen { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>TCP that both sides have closed. Default 120 s.</summary>
    public TimeSpan TcpTimeWait { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>TCP that was reset; long enough for late segments to be recognised. Default 5 s.</summary>
    public TimeSpan TcpReset { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>UDP and other protocols of which one side was heard only. Default 30 s.</summary>
    public TimeSpan UdpUnreplied { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>UDP and other protocols with traffic both ways. Default 180 s.</summary>
    public TimeSpan UdpReplied { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>ICMP. Default 30 s.</summary>
    public TimeSpan Icmp { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Translated established TCP. Default 7440 s (RFC 5382, REQ-5).</summary>
    public TimeSpan NatTcpEstablished { get; init; } = TimeSpan.FromSeconds(7440);

    /// <summary>Translated TCP in any other state. Default 240 s (RFC 5382, REQ-5).</summary>
    public TimeSpan NatTcpTransitory { get; init; } = TimeSpan.FromSeconds(240);

    /// <summary>Translated UDP. Default 300 s (RFC 4787, REQ-5).</summary>
    public TimeSpan NatUdp { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Translated ICMP. Default 60 s (RFC 5508, REQ-2).</summary>
    public TimeSpan NatIcmp { get; init; } = TimeSpan.FromSeconds(60);
}
