namespace VxlanEngine.Overlay;

/// <summary>The VTEPs and ports that stations of one network are behind, and which of them has most.</summary>
/// <remarks>
/// Every change takes the same time, however many there are: where source VTEPs are not checked, anybody can make as
/// many as there is room for stations. Thread: the worker's.
/// </remarks>
internal sealed class StationOwners
{
    private readonly Dictionary<StationPlace, StationOwner> _byPlace = [];
    private readonly List<StationOwner> _all = [];

    // By the number of stations, those that have as many: the latest first.
    private readonly List<StationOwner?> _byCount = [null];
    private int _most;

    /// <summary>Number of owners.</summary>
    public int Count => _all.Count;

    /// <summary>One of them, in no order; removing it puts the last one in its place.</summary>
    public StationOwner this[int index] => _all[index];

    /// <summary>The owner at a place; null for none.</summary>
    public StationOwner? Find(StationPlace place) => _byPlace.GetValueOrDefault(place);

    /// <summary>The owner at a place, which has no stations if it is new.</summary>
    public StationOwner GetOrAdd(StationPlace place)
    {
        if (!_byPlace.TryGetValue(place, out StationOwner? owner))
        {
            owner = new StationOwner(place) { Index = _all.Count };
            _byPlace.Add(place, owner);
            _all.Add(owner);
            Enter(owner);
        }

        return owner;
    }

    /// <summary>Counts a station that an owner got, or lost.</summary>
    public void Recount(StationOwner owner, int change)
    {
        Leave(owner);
        owner.Count += change;
        Enter(owner);
        _most = Math.Max(_most, owner.Count);
        while (_most > 0 && _byCount[_most] is null)
        {
            _most--;
        }
    }

    /// <summary>Takes an owner out that has no station.</summary>
    public void RemoveIfEmpty(StationOwner owner)
    {
        if (owner.Count > 0)
        {
            return;
        }

        Leave(owner);
        _byPlace.Remove(owner.Place);
        StationOwner last = _all[^1];
        last.Index = owner.Index;
        _all[owner.Index] = last;
        _all.RemoveAt(_all.Count - 1);
    }

    /// <summary>Who has most stations; of those with as many, one before others.</summary>
    /// <param name="first">That one; null for any.</param>
    public StationOwner Largest(StationOwner? first) => first?.Count == _most ? first : _byCount[_most]!;

    private void Enter(StationOwner owner)
    {
        if (owner.Count == _byCount.Count)
        {
            _byCount.Add(null);
        }

        StationOwner? next = _byCount[owner.Count];
        (owner.Before, owner.Behind) = (null, next);
        if (next is not null)
        {
            next.Before = owner;
        }

        _byCount[owner.Count] = owner;
    }

    private void Leave(StationOwner owner)
    {
        if (owner.Behind is not null)
        {
            owner.Behind.Before = owner.Before;
        }

        if (owner.Before is not null)
        {
            owner.Before.Behind = owner.Behind;
        }
        else
        {
            _byCount[owner.Count] = owner.Behind;
        }
    }
}
