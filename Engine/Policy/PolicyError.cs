namespace VxlanEngine.Policy;

/// <summary>One mistake in a policy.</summary>
/// <param name="Path">Where, as a JSON path: <c>$.layers[0].groups[1].rules[0].match.vni</c>.</param>
/// <param name="Message">What is wrong and what was expected, one sentence.</param>
/// <param name="Line">1-based line in the file; 0 when the policy did not come from a file.</param>
public sealed record PolicyError(string Path, string Message, int Line = 0);
