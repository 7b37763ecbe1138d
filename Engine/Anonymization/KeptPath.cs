namespace VxlanEngine.Anonymization;

/// <summary>Leading bits that a <see cref="PrefixPermutation"/> leaves alone.</summary>
/// <param name="Value">A number of the permutation's width.</param>
/// <param name="To">
/// How many of its leading bits stay where a number begins with them; fewer stay where it begins with fewer.
/// </param>
/// <param name="From">Leading bits of <paramref name="Value"/> that are mapped all the same.</param>
/// <param name="KeepsRest">Whether numbers that begin with all of these bits stay as they are.</param>
internal readonly record struct KeptPath(UInt128 Value, int To, int From = 0, bool KeepsRest = false);
