namespace VxlanEngine.Anonymization;

/// <summary>How the packets of an anonymous scenario fare beside those of the original.</summary>
/// <param name="Packets">Packets replayed.</param>
/// <param name="Different">Packets that fare otherwise.</param>
/// <param name="FirstDifference">What became of the first of them in both, or null.</param>
public sealed record ReplayAgreement(long Packets, long Different, string? FirstDifference);
