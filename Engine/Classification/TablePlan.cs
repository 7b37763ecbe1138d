namespace VxlanEngine.Classification;

/// <summary>Which tables an index has, and which of them each shape of box goes to.</summary>
internal sealed class TablePlan
{
    // A table costs every packet a look; a few boxes are better put into one that is there anyway.
    private const int MinBoxes = 16;

    /// <summary>Reads the plan off the tables that there are.</summary>
    public TablePlan(IReadOnlyList<BoxShape> tables) => Tables = tables;

    /// <summary>The shapes of the tables. The first is the root: everything fits it.</summary>
    public IReadOnlyList<BoxShape> Tables { get; }

    /// <summary>Makes a plan for boxes of these shapes.</summary>
    public static TablePlan For(ReadOnlySpan<BoxShape> shapes)
    {
        var counts = new Dictionary<BoxShape, int>();
        foreach (BoxShape shape in shapes)
        {
            counts[shape] = counts.GetValueOrDefault(shape) + 1;
        }

        counts.Remove(BoxShape.Root);
        return new TablePlan([BoxShape.Root, .. counts.Where(c => c.Value >= MinBoxes).Select(c => c.Key)]);
    }

    /// <summary>The table for boxes of a shape: of those that fit the one that tells most apart.</summary>
    public int TableFor(BoxShape shape)
    {
        int best = 0;
        for (int i = 1; i < Tables.Count; i++)
        {
            bool isBetter = Tables[i].Fits(shape) && Tables[i].Weight > Tables[best].Weight;
            best = isBetter ? i : best;
        }

        return best;
    }
}
