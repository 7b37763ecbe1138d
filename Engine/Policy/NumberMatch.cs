using System.Globalization;

namespace VxlanEngine.Policy;

/// <summary>A condition on a number: ranges that may hold and ranges that must not.</summary>
/// <remarks>
/// It holds when the number lies in an included range, or none is included, and in no excluded one. Written
/// <c>80,8000-8099</c> or <c>!22</c>. Empty means no condition.
/// </remarks>
public readonly record struct NumberMatch
{
    /// <summary>Makes a condition from its terms.</summary>
    public NumberMatch(ValueArray<NumberTerm> terms) => Terms = terms;

    /// <summary>The terms, in the order given.</summary>
    public ValueArray<NumberTerm> Terms { get; }

    /// <summary>True when there is no condition.</summary>
    public bool IsEmpty => Terms.IsEmpty;

    /// <summary>The condition that one number holds.</summary>
    public static implicit operator NumberMatch(int value) => new([new NumberTerm(value)]);

    /// <summary>Parses the written form.</summary>
    /// <exception cref="FormatException">The text is not a list of numbers and ranges.</exception>
    public static implicit operator NumberMatch(string text) => Parse(text);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static NumberMatch Parse(string text) => TryParse(text, uint.MaxValue, out NumberMatch match)
        ? match
        : throw new FormatException($"'{text}' is not a list of numbers such as 80,8000-8099,!8042.");

    /// <summary>
    /// Parses the written form, and returns false where that fails or a number is above <paramref name="max"/>.
    /// </summary>
    public static bool TryParse(string text, uint max, out NumberMatch match)
    {
        match = default;
        var terms = new List<NumberTerm>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            bool negated = part.StartsWith('!');
            string range = negated ? part[1..] : part;
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            if (!TryNumber(dash < 0 ? range : range[..dash], max, out uint first)
                || !TryNumber(dash < 0 ? range : range[(dash + 1)..], max, out uint last)
                || last < first)
            {
                return false;
            }

            terms.Add(new NumberTerm(new NumberRange(first, last), negated));
        }

        match = new NumberMatch(terms.ToValueArray());
        return true;
    }

    /// <summary>True when <paramref name="value"/> meets the condition.</summary>
    public bool Matches(uint value)
    {
        bool wanted = false;
        bool included = false;
        foreach (NumberTerm term in Terms)
        {
            bool inside = term.Range.Contains(value);
            if (inside && term.Negated)
            {
                return false;
            }

            wanted |= !term.Negated;
            included |= inside;
        }

        return included || !wanted;
    }

    /// <summary>The written form.</summary>
    public override string ToString() => Terms.ToString();

    private static bool TryNumber(string text, uint max, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max;
}
