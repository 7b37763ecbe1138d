using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Classification;

/// <summary>Turns conditions on addresses into sets of numbers; a policy's named sets are resolved once.</summary>
internal sealed class AddressSpaces
{
    private readonly Dictionary<string, AddressMatch> _written;
    private readonly Dictionary<string, AddressSpace> _named = new(StringComparer.Ordinal);

    public AddressSpaces(ValueArray<AddressSet> sets) =>
        _written = sets.ToDictionary(s => s.Name, s => s.Addresses, StringComparer.Ordinal);

    /// <summary>The addresses that meet a condition; all of them without one.</summary>
    public AddressSpace Of(AddressMatch match) => match.IsEmpty ? AddressSpace.All : Terms(match);

    /// <summary>The names of sets that hold other addresses than they did, or that there were not.</summary>
    public HashSet<string> ChangedSince(AddressSpaces older)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in _written.Keys)
        {
            if (!older._written.ContainsKey(name) || !Named(name).SetEquals(older.Named(name)))
            {
                changed.Add(name);
            }
        }

        return changed;
    }

    // A condition without terms asks for nothing; a set without terms holds nobody.
    private AddressSpace Named(string name)
    {
        if (!_named.TryGetValue(name, out AddressSpace? space))
        {
            AddressMatch written = _written[name];
            space = written.IsEmpty ? AddressSpace.Empty : Terms(written);
            _named.Add(name, space);
        }

        return space;
    }

    private AddressSpace Terms(AddressMatch match)
    {
        // By far the most conditions are one prefix.
        if (match.Terms is [{ Set: null, Negated: false }])
        {
            AddressTerm only = match.Terms[0];
            return only.First.Family == IpFamily.V4
                ? new AddressSpace(
                    IntervalSet<uint>.Of((uint)only.First.Low, (uint)only.Last.Low), AddressSpace.Empty.V6)
                : new AddressSpace(
                    AddressSpace.Empty.V4,
                    IntervalSet<UInt128>.Of(AddressSpace.Number(only.First), AddressSpace.Number(only.Last)));
        }

        AddressSpace included = Union(match, negated: false) ?? AddressSpace.All;
        return Union(match, negated: true) is { } excluded
            ? new AddressSpace(
                included.V4.Intersect(excluded.V4.Complement()), included.V6.Intersect(excluded.V6.Complement()))
            : included;
    }

    /// <summary>The union of the terms of one sign; null when there is none.</summary>
    private AddressSpace? Union(AddressMatch match, bool negated)
    {
        var v4 = new List<Interval<uint>>();
        var v6 = new List<Interval<UInt128>>();
        bool any = false;
        foreach (AddressTerm term in match.Terms)
        {
            if (term.Negated != negated)
            {
                continue;
            }

            any = true;
            if (term.Set is not null)
            {
                AddressSpace set = Named(term.Set);
                v4.AddRange(set.V4.Intervals);
                v6.AddRange(set.V6.Intervals);
            }
            else if (term.First.Family == IpFamily.V4)
            {
                v4.Add(new Interval<uint>((uint)term.First.Low, (uint)term.Last.Low));
            }
            else
            {
                v6.Add(new Interval<UInt128>(AddressSpace.Number(term.First), AddressSpace.Number(term.Last)));
            }
        }

        return any ? new AddressSpace(IntervalSet<uint>.Union(v4), IntervalSet<UInt128>.Union(v6)) : null;
    }
}
