using VxlanEngine.Wire;

namespace VxlanEngine.Policy;

/// <summary>
/// One term of an <see cref="AddressMatch"/>: a range of addresses or a named set, included or excluded.
/// </summary>
public readonly record struct AddressTerm
{
    /// <summary>Makes a term from a range of addresses of one family.</summary>
    /// <param name="first">The lowest address.</param>
    /// <param name="last">The highest address, of the same family and not below <paramref name="first"/>.</param>
    /// <param name="negated">True when the addresses are excluded.</param>
    public AddressTerm(IpAddress first, IpAddress last, bool negated = false)
    {
        if (first.Family != last.Family || last < first)
        {
            throw new ArgumentException($"{first}-{last} is not a range of one family.", nameof(last));
        }

        First = first;
        Last = last;
        Negated = negated;
    }

    /// <summary>Makes a term from a prefix.</summary>
    public AddressTerm(IpPrefix prefix, bool negated = false)
        : this(prefix.Address, prefix.Last, negated)
    {
    }

    /// <summary>Makes a term that names a set.</summary>
    public AddressTerm(string set, bool negated = false)
    {
        Set = set;
        Negated = negated;
    }

    /// <summary>The lowest address; no address for a named set.</summary>
    public IpAddress First { get; }

    /// <summary>The highest address; no address for a named set.</summary>
    public IpAddress Last { get; }

    /// <summary>Name of the set; null for a range.</summary>
    public string? Set { get; }

    /// <summary>True when the addresses are excluded.</summary>
    public bool Negated { get; }

    /// <summary>
    /// Parses <c>10.0.0.0/8</c>, <c>10.0.0.1</c>, <c>10.0.0.1-10.0.0.9</c> or <c>@set</c>, each with <c>!</c> in
    /// front or not.
    /// </summary>
    public static bool TryParse(string text, out AddressTerm term)
    {
        bool negated = text.StartsWith('!');
        string range = negated ? text[1..] : text;
        term = default;
        if (range.StartsWith('@'))
        {
            term = new AddressTerm(range[1..], negated);
            return range.Length > 1;
        }

        if (IpPrefix.TryParse(range, null, out IpPrefix prefix))
        {
            term = new AddressTerm(prefix, negated);
            return true;
        }

        int dash = range.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0
            || !IpAddress.TryParse(range[..dash], null, out IpAddress first)
            || !IpAddress.TryParse(range[(dash + 1)..], null, out IpAddress last)
            || first.Family != last.Family
            || last < first)
        {
            return false;
        }

        term = new AddressTerm(first, last, negated);
        return true;
    }

    /// <summary>
    /// True when <paramref name="address"/> lies in the range; the sign and named sets are the caller's.
    /// </summary>
    public bool Contains(IpAddress address) =>
        address.Family == First.Family && address >= First && address <= Last;

    /// <summary>The written form: a prefix where the range is one.</summary>
    public override string ToString()
    {
        string text = Set is not null ? $"@{Set}" : RangeText();
        return Negated ? $"!{text}" : text;
    }

    private string RangeText()
    {
        for (int length = First.BitLength; length >= 0; length--)
        {
            if (IpPrefix.TryParse($"{First}/{length}", null, out IpPrefix prefix) && prefix.Last == Last)
            {
                return prefix.ToString();
            }
        }

        return $"{First}-{Last}";
    }
}
