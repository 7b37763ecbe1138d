namespace VxlanEngine.Policy;

/// <summary>A condition on an address: ranges and sets that may hold it and ones that must not.</summary>
/// <remarks>
/// It holds when the address lies in an included term, or none is included, and in no excluded one. Written
/// <c>10.0.0.0/8,@offices,!10.9.0.0/16</c>. Empty means no condition. A packet without addresses meets none but the
/// empty one.
/// </remarks>
public readonly record struct AddressMatch
{
    /// <summary>Makes a condition from its terms.</summary>
    public AddressMatch(ValueArray<AddressTerm> terms) => Terms = terms;

    /// <summary>The terms, in the order given.</summary>
    public ValueArray<AddressTerm> Terms { get; }

    /// <summary>True when there is no condition.</summary>
    public bool IsEmpty => Terms.IsEmpty;

    /// <summary>Parses the written form.</summary>
    /// <exception cref="FormatException">The text is not a list of prefixes, ranges and sets.</exception>
    public static implicit operator AddressMatch(string text) => Parse(text);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static AddressMatch Parse(string text)
    {
        var terms = new List<AddressTerm>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            terms.Add(AddressTerm.TryParse(part, out AddressTerm term)
                ? term
                : throw new FormatException($"'{part}' is not a prefix, an address range or a @set."));
        }

        return new AddressMatch(terms.ToValueArray());
    }

    /// <summary>The written form.</summary>
    public override string ToString() => Terms.ToString();
}
