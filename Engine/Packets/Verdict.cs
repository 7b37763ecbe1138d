namespace VxlanEngine.Packets;

/// <summary>What became of a packet.</summary>
public readonly record struct Verdict
{
    // One field, so that a verdict is handed up through many calls in a register.
    private readonly uint _bits;

    /// <summary>Makes a verdict.</summary>
    /// <param name="kind">The fate.</param>
    /// <param name="drop">Why it was dropped; none for the other fates.</param>
    /// <param name="punt">Why it was punted; none for the other fates.</param>
    public Verdict(VerdictKind kind, DropReason drop = DropReason.None, PuntReason punt = PuntReason.None) =>
        _bits = (uint)kind | ((uint)drop << 8) | ((uint)punt << 16);

    /// <summary>The fate.</summary>
    public VerdictKind Kind => (VerdictKind)(byte)_bits;

    /// <summary>Why it was dropped; none for the other fates.</summary>
    public DropReason Drop => (DropReason)(byte)(_bits >> 8);

    /// <summary>Why it was punted; none for the other fates.</summary>
    public PuntReason Punt => (PuntReason)(byte)(_bits >> 16);

    /// <summary>The packet left.</summary>
    public static Verdict Forwarded => new(VerdictKind.Forward);

    /// <summary>The packet was answered or used up.</summary>
    public static Verdict Consumed => new(VerdictKind.Consume);

    /// <summary>The packet was dropped.</summary>
    public static implicit operator Verdict(DropReason reason) => new(VerdictKind.Drop, reason);

    /// <summary>The packet was punted.</summary>
    public static implicit operator Verdict(PuntReason reason) => new(VerdictKind.Punt, punt: reason);
}
