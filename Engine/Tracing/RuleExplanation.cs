namespace VxlanEngine.Tracing;

/// <summary>Why a rule did or did not decide.</summary>
/// <param name="Rule">The rule's id in its group.</param>
/// <param name="Matched">True when all its conditions held.</param>
/// <param name="Reason">
/// The first condition that did not hold, or why a matching rule gave way to another; null when it decided.
/// </param>
public sealed record RuleExplanation(string Rule, bool Matched, string? Reason);
