namespace VxlanEngine.Classification;

internal sealed partial class RuleIndex<T>
{
    /// <summary>Builds an index.</summary>
    /// <param name="list">The boxes; not changed from here on.</param>
    public RuleIndex(BoxList<T> list)
    {
        _list = list;
        _boxes = list.Boxes;
        if (list.Count <= ListLength)
        {
            return;
        }

        var shapes = new BoxShape[list.Count];
        for (int box = 0; box < shapes.Length; box++)
        {
            shapes[box] = BoxShape.Of(_boxes[box], list.Link(box).Field);
        }

        TablePlan plan = TablePlan.For(shapes);
        var contents = new List<ulong>[plan.Tables.Count];
        for (int table = 0; table < contents.Length; table++)
        {
            contents[table] = [];
        }

        _tables = [.. plan.Tables.Select(shape => new MaskTable<T>(shape, 0))];
        _places = new BoxPlace[list.Count];
        for (int box = 0; box < shapes.Length; box++)
        {
            int table = plan.TableFor(shapes[box]);
            uint tag = _tables[table].Tag(_boxes[box], list.Link(box).Value);
            _places[box] = new BoxPlace(table, tag);
            contents[table].Add(((ulong)tag << 32) | (uint)box);
        }

        var writer = new BucketWriter<T>(_boxes);
        for (int table = 0; table < contents.Length; table++)
        {
            contents[table].Sort();
            _tables[table] = Fill(plan.Tables[table], contents[table], writer);
        }

        _members = [.. writer.Members];
        _splits = [.. writer.Splits];
        _membersWhenBuilt = _members.Length;
        _order = Rank(_tables, _places);
    }

    private RuleIndex(
        BoxList<T> list, BoxPlace[] places, MaskTable<T>[] tables, BucketWriter<T> buckets, int membersWhenBuilt)
    {
        _list = list;
        _boxes = list.Boxes;
        _places = places;
        _tables = tables;
        _members = [.. buckets.Members];
        _splits = [.. buckets.Splits];
        _membersWhenBuilt = membersWhenBuilt;
        _order = Rank(tables, places);
    }

    /// <summary>Makes a table of tags and boxes, sorted by tag and then by box.</summary>
    private static MaskTable<T> Fill(BoxShape shape, List<ulong> contents, BucketWriter<T> writer)
    {
        int buckets = 0;
        for (int i = 0; i < contents.Count; i++)
        {
            buckets += i == 0 || contents[i] >> 32 != contents[i - 1] >> 32 ? 1 : 0;
        }

        var table = new MaskTable<T>(shape, buckets);
        var bucket = new List<int>();
        for (int i = 0; i < contents.Count; i++)
        {
            bucket.Add((int)contents[i]);
            if (i + 1 == contents.Count || contents[i] >> 32 != contents[i + 1] >> 32)
            {
                table.Set((uint)(contents[i] >> 32), writer.Write([.. bucket]));
                bucket.Clear();
            }
        }

        return table;
    }

    /// <summary>Notes the best box of each table, and returns the tables in that order.</summary>
    private static int[] Rank(MaskTable<T>[] tables, BoxPlace[] places)
    {
        for (int table = 0; table < tables.Length; table++)
        {
            tables[table].Best = int.MaxValue;
        }

        for (int box = places.Length - 1; box >= 0; box--)
        {
            tables[places[box].Table].Best = box;
        }

        return [.. Enumerable.Range(0, tables.Length).OrderBy(table => tables[table].Best)];
    }
}
