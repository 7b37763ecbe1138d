namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>The comparison cannot go on; the message says why.</summary>
internal sealed class ComparisonException(string message, Exception? inner = null) : Exception(message, inner);
