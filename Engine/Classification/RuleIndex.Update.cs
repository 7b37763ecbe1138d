namespace VxlanEngine.Classification;

internal sealed partial class RuleIndex<T>
{
    // Buckets that were written anew leave their old members behind; an index is built again before that hurts.
    private const int MaxGrowth = 2;
    private const int MaxShareChanged = 8;

    /// <summary>Makes the index of rules of which few are new: it writes only buckets that gain or lose one.</summary>
    /// <param name="oldRanks">For each rule its rank here, or −1 for a new one; the others ascend.</param>
    /// <param name="added">The boxes of the new rules, by their new ranks.</param>
    public RuleIndex<T> Update(ReadOnlySpan<int> oldRanks, BoxList<T> added)
    {
        int[] moved = new int[_list.Count];
        var addedAt = new List<int>();
        BoxList<T> list = Merge(oldRanks, added, moved, addedAt);
        int lost = _list.Count + added.Count - list.Count;
        bool isManyChanged = (lost + added.Count) * MaxShareChanged > list.Count;
        if (isManyChanged || _tables.Length == 0 || _members.Length > (long)_membersWhenBuilt * MaxGrowth)
        {
            return new RuleIndex<T>(list);
        }

        var places = new BoxPlace[list.Count];
        var touched = new Dictionary<BoxPlace, List<int>>();
        for (int box = 0; box < moved.Length; box++)
        {
            if (moved[box] >= 0)
            {
                places[moved[box]] = _places[box];
            }
            else
            {
                touched.TryAdd(_places[box], []);
            }
        }

        var plan = new TablePlan([.. _tables.Select(t => t.Shape)]);
        foreach (int box in addedAt)
        {
            int table = plan.TableFor(BoxShape.Of(list.Boxes[box], list.Link(box).Field));
            places[box] = new BoxPlace(table, _tables[table].Tag(list.Boxes[box], list.Link(box).Value));
            touched.TryAdd(places[box], []);
            touched[places[box]].Add(box);
        }

        BucketWriter<T> writer = Renumber(list, moved);
        return new RuleIndex<T>(list, places, Rewrite(touched, moved, writer), writer, _membersWhenBuilt);
    }

    /// <summary>Puts kept and added boxes into one list.</summary>
    /// <param name="oldRanks">For each rule its rank here, or −1.</param>
    /// <param name="added">The added boxes.</param>
    /// <param name="moved">Receives for each box here its place in the new list, or −1.</param>
    /// <param name="addedAt">Receives the places of the added boxes.</param>
    private BoxList<T> Merge(ReadOnlySpan<int> oldRanks, BoxList<T> added, int[] moved, List<int> addedAt)
    {
        var list = new BoxList<T>(_list.Count + added.Count);
        Array.Fill(moved, -1);
        int old = 0;
        int fresh = 0;
        for (int rank = 0; rank < oldRanks.Length; rank++)
        {
            if (oldRanks[rank] < 0)
            {
                for (; fresh < added.Count && added.Ranks[fresh] == rank; fresh++)
                {
                    addedAt.Add(list.Count);
                    list.Add(added, fresh, rank);
                }

                continue;
            }

            for (; old < _list.Count && _list.Ranks[old] <= oldRanks[rank]; old++)
            {
                if (_list.Ranks[old] == oldRanks[rank])
                {
                    moved[old] = list.Count;
                    list.Add(_list, old, rank);
                }
            }
        }

        return list;
    }

    /// <summary>Copies all buckets with the boxes' new numbers; lost boxes stay in none that is still led to.</summary>
    private BucketWriter<T> Renumber(BoxList<T> list, int[] moved)
    {
        var writer = new BucketWriter<T>(list.Boxes);
        int[] members = new int[_members.Length];
        for (int i = 0; i < members.Length; i++)
        {
            int box = moved[_members[i] & ~BucketWriter<T>.Last];
            members[i] = Math.Max(box, 0) | (_members[i] & BucketWriter<T>.Last);
        }

        writer.Members.AddRange(members);
        writer.Splits.AddRange(_splits);
        return writer;
    }

    /// <summary>Writes the touched buckets anew into tables that share the slots of those not touched.</summary>
    private MaskTable<T>[] Rewrite(
        Dictionary<BoxPlace, List<int>> touched, int[] moved, BucketWriter<T> writer)
    {
        MaskTable<T>[] tables = [.. _tables];
        foreach (int table in touched.Keys.Select(place => place.Table).Distinct())
        {
            tables[table].Detach();
        }

        foreach ((BoxPlace place, List<int> added) in touched)
        {
            var bucket = new SortedSet<int>(added);
            Collect(_tables[place.Table].Find(place.Tag), moved, bucket);
            tables[place.Table].Set(
                place.Tag, bucket.Count == 0 ? MaskTable<T>.Nothing : writer.Write([.. bucket]));
        }

        return tables;
    }

    private void Collect(int node, int[] moved, SortedSet<int> kept)
    {
        if (node == MaskTable<T>.Nothing)
        {
            return;
        }

        if (node < 0)
        {
            Collect(_splits[~node].Below, moved, kept);
            Collect(_splits[~node].NotBelow, moved, kept);
            return;
        }

        for (int member = 0; member >= 0; node++)
        {
            member = _members[node];
            int box = moved[member & ~BucketWriter<T>.Last];
            if (box >= 0)
            {
                kept.Add(box);
            }
        }
    }
}
