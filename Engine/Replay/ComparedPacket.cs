namespace VxlanEngine.Replay;

/// <summary>A packet of the captures, as a person would look it up.</summary>
/// <param name="Number">Its number over all captures in the order of time, from 1, as in a replay's output.</param>
/// <param name="TimeNs">When it was captured, in nanoseconds since 1970-01-01 UTC.</param>
/// <param name="Ingress">Name of the port it entered at.</param>
/// <param name="Conversation">
/// Who speaks to whom in the innermost packet: <c>tcp 10.0.1.5:40312 > 10.0.1.6:80</c>.
/// </param>
public sealed record ComparedPacket(uint Number, long TimeNs, string Ingress, string Conversation);
