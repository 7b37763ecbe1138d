namespace VxlanEngine.Replay;

/// <summary>One respect in which two frames differ.</summary>
/// <param name="Field">The field, in words: <c>destination address</c>, <c>tunnel</c>, <c>payload</c>.</param>
/// <param name="Before">Its value in the first frame; <c>none</c> where that has no such field.</param>
/// <param name="After">Its value in the second frame; <c>none</c> where that has no such field.</param>
public sealed record FieldChange(string Field, string Before, string After)
{
    /// <summary><c>ttl 64 → 63</c>.</summary>
    public override string ToString() => $"{Field} {Before} → {After}";
}
