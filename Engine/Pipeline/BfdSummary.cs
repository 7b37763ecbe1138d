using VxlanEngine.Overlay;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>A BFD session of a switch at one moment.</summary>
public sealed record BfdSummary
{
    /// <summary>The uplink that watches the VTEP.</summary>
    public required string Port { get; init; }

    /// <summary>The remote VTEP.</summary>
    public required IpAddress Vtep { get; init; }

    /// <summary>The session's state.</summary>
    public required BfdState State { get; init; }

    /// <summary>The state that the other side told last.</summary>
    public required BfdState RemoteState { get; init; }

    /// <summary>Why the session left the state before.</summary>
    public required BfdDiagnostic Diagnostic { get; init; }

    /// <summary>The diagnostic that the other side told last.</summary>
    public required BfdDiagnostic RemoteDiagnostic { get; init; }

    /// <summary>The switch's own number for the session.</summary>
    public required uint LocalDiscriminator { get; init; }

    /// <summary>The other side's number for it; 0 while unknown.</summary>
    public required uint RemoteDiscriminator { get; init; }

    /// <summary>The agreed interval between packets sent, before jitter.</summary>
    public required TimeSpan TransmitInterval { get; init; }

    /// <summary>How long nothing may come before the session fails; zero while nothing has come.</summary>
    public required TimeSpan DetectionTime { get; init; }

    /// <summary>Times that the session has ceased to be up.</summary>
    public required long Flaps { get; init; }

    /// <summary>Control packets that were given to the wire.</summary>
    public required long Sent { get; init; }

    /// <summary>Control packets that were taken, without those that were discarded.</summary>
    public required long Received { get; init; }

    /// <summary>How long the session has been in its state; null before it was in another.</summary>
    public required TimeSpan? Since { get; init; }

    internal static BfdSummary Of(BfdPeer peer, string port, long nowNs)
    {
        BfdSession session = peer.Session;
        return new BfdSummary
        {
            Port = port,
            Vtep = peer.Remote,
            State = session.State,
            RemoteState = session.RemoteState,
            Diagnostic = session.Diagnostic,
            RemoteDiagnostic = session.RemoteDiagnostic,
            LocalDiscriminator = session.LocalDiscriminator,
            RemoteDiscriminator = session.RemoteDiscriminator,
            TransmitInterval = TimeSpan.FromMicroseconds(session.TransmitInterval),
            DetectionTime = TimeSpan.FromMicroseconds(session.DetectionTimeNs / 1000),
            Flaps = session.Flaps,
            Sent = peer.Sent,
            Received = peer.Received,
            Since = peer.ChangedNs is long sinceNs
                ? TimeSpan.FromMicroseconds(Math.Max(0, nowNs - sinceNs) / 1000)
                : null,
        };
    }
}
