namespace VxlanEngine.Classification;

/// <summary>Finds what two versions of a list have in common.</summary>
internal static class Alignment
{
    /// <summary>Finds for each item of the newer list its index in the older one.</summary>
    /// <param name="older">The older list.</param>
    /// <param name="newer">The newer list.</param>
    /// <param name="isSame">Whether an older and a newer item are the same.</param>
    /// <param name="oldKey">What an older item is looked up by.</param>
    /// <param name="newKey">What a newer item is looked up by; equal for items that are the same.</param>
    /// <param name="keys">How keys compare.</param>
    /// <returns>The indexes, ascending, with −1 for items that were not there or changed their order.</returns>
    public static int[] Of<TOld, TNew>(
        TOld[] older,
        TNew[] newer,
        Func<TOld, TNew, bool> isSame,
        Func<TOld, object> oldKey,
        Func<TNew, object> newKey,
        IEqualityComparer<object> keys)
    {
        int[] found = new int[newer.Length];
        int shorter = Math.Min(older.Length, newer.Length);
        int start = 0;
        while (start < shorter && isSame(older[start], newer[start]))
        {
            found[start] = start;
            start++;
        }

        int tail = 0;
        while (tail < shorter - start && isSame(older[^(tail + 1)], newer[^(tail + 1)]))
        {
            tail++;
            found[^tail] = older.Length - tail;
        }

        // Most changes are one item: only what lies between the first and the last difference is looked up.
        var places = new Dictionary<object, int>(keys);
        for (int i = start; i < older.Length - tail; i++)
        {
            places.TryAdd(oldKey(older[i]), i);
        }

        int last = start - 1;
        for (int i = start; i < newer.Length - tail; i++)
        {
            bool isFound = places.TryGetValue(newKey(newer[i]), out int place)
                && place > last
                && isSame(older[place], newer[i]);
            found[i] = isFound ? place : -1;
            last = isFound ? place : last;
        }

        return found;
    }
}
