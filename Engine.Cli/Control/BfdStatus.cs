using System.Text;
using VxlanEngine.Pipeline;

namespace VxlanEngine.Cli.Control;

/// <summary>A BFD session of a running switch.</summary>
internal sealed record BfdStatus
{
    public required string Vtep { get; init; }

    public required string Port { get; init; }

    public required string State { get; init; }

    public required string RemoteState { get; init; }

    public required string Diagnostic { get; init; }

    public required string RemoteDiagnostic { get; init; }

    public required uint LocalDiscriminator { get; init; }

    public required uint RemoteDiscriminator { get; init; }

    public required double TransmitMs { get; init; }

    public required double DetectionMs { get; init; }

    public required long Flaps { get; init; }

    public required long Sent { get; init; }

    public required long Received { get; init; }

    public double? SinceSeconds { get; init; }

    public static BfdStatus Of(BfdSummary session) => new()
    {
        Vtep = session.Vtep.ToString(),
        Port = session.Port,
        State = Words(session.State),
        RemoteState = Words(session.RemoteState),
        Diagnostic = Words(session.Diagnostic),
        RemoteDiagnostic = Words(session.RemoteDiagnostic),
        LocalDiscriminator = session.LocalDiscriminator,
        RemoteDiscriminator = session.RemoteDiscriminator,
        TransmitMs = session.TransmitInterval.TotalMilliseconds,
        DetectionMs = session.DetectionTime.TotalMilliseconds,
        Flaps = session.Flaps,
        Sent = session.Sent,
        Received = session.Received,
        SinceSeconds = session.Since is TimeSpan since ? Math.Round(since.TotalSeconds, 3) : null,
    };

    /// <summary>A name in words: <c>detection time expired</c>; a number that has no name as it is.</summary>
    public static string Words<T>(T value)
        where T : struct, Enum
    {
        var words = new StringBuilder();
        foreach (char c in value.ToString())
        {
            words.Append(char.IsUpper(c) && words.Length > 0 ? " " : string.Empty).Append(char.ToLowerInvariant(c));
        }

        return words.ToString();
    }
}
