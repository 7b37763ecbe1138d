namespace VxlanEngine.Classification;

/// <summary>Where a box is found: a table, and the tag of its bucket there.</summary>
internal readonly record struct BoxPlace(int Table, uint Tag);
