namespace VxlanEngine.Overlay;

/// <summary>A VTEP or port, and the stations that are behind it: a list from the longest silent one on.</summary>
internal sealed class StationOwner(StationPlace place)
{
    /// <summary>An end of the list.</summary>
    public const int None = -1;

    public StationPlace Place { get; } = place;

    /// <summary>Number of its stations; <see cref="StationOwners"/> changes it.</summary>
    public int Count { get; set; }

    /// <summary>Where it is among all owners.</summary>
    public int Index { get; set; }

    /// <summary>The one before of those with as many stations; null for the first.</summary>
    public StationOwner? Before { get; set; }

    /// <summary>The one behind of those with as many stations; null for the last.</summary>
    public StationOwner? Behind { get; set; }

    /// <summary>Index of the station that was silent longest.</summary>
    public int Oldest { get; set; } = None;

    /// <summary>Index of the station that was heard last.</summary>
    public int Newest { get; set; } = None;
}
