namespace VxlanEngine.Policy;

/// <summary>One range of a <see cref="NumberMatch"/>, included or excluded.</summary>
/// <param name="Range">The numbers.</param>
/// <param name="Negated">True when the numbers are excluded.</param>
public readonly record struct NumberTerm(NumberRange Range, bool Negated = false)
{
    /// <summary><c>80</c>, <c>8000-8099</c>, or with <c>!</c> in front when excluded.</summary>
    public override string ToString() => Negated ? $"!{Range}" : Range.ToString();
}
