namespace VxlanEngine.Tracing;

/// <summary>One frame that left because of a packet.</summary>
/// <param name="Egress">Name of the port it left through.</param>
/// <param name="Origin"><c>received</c>, <c>replica</c>, <c>mirror</c> or <c>answer</c>.</param>
/// <param name="Done">What was done to the headers, step by step.</param>
/// <param name="Headers">The headers it left with.</param>
/// <param name="Length">Bytes of the frame.</param>
public sealed record OutcomeStory(
    string Egress, string Origin, IReadOnlyList<string> Done, string Headers, int Length);
