namespace VxlanEngine.Packets;

/// <summary>What became of a packet.</summary>
/// <param name="Kind">The fate.</param>
/// <param name="Drop">Why it was dropped; none for the other fates.</param>
/// <param name="Punt">Why it was punted; none for the other fates.</param>
public readonly record struct Verdict(
    VerdictKind Kind, DropReason Drop = DropReason.None, PuntReason Punt = PuntReason.None)
{
    /// <summary>The packet left.</summary>
    public static Verdict Forwarded => new(VerdictKind.Forward);

    /// <summary>The packet was answered or used up.</summary>
    public static Verdict Consumed => new(VerdictKind.Consume);

    /// <summary>The packet was dropped.</summary>
    public static implicit operator Verdict(DropReason reason) => new(VerdictKind.Drop, reason);

    /// <summary>The packet was punted.</summary>
    public static implicit operator Verdict(PuntReason reason) => new(VerdictKind.Punt, Punt: reason);
}
