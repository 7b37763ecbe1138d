namespace VxlanEngine.Policy.Json;

/// <summary>Finds the known word that a misspelt one probably means.</summary>
internal static class NearestWord
{
    /// <summary>The nearest of the known words, or null when none is near.</summary>
    public static string? Find(string word, IEnumerable<string> known)
    {
        string? nearest = null;
        int best = Math.Max(1, word.Length / 3) + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < best)
            {
                best = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>Number of letters to insert, remove or replace (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        // A key is a few letters long; a longer text is no slip of the finger.
        const int MaxLength = 64;
        if (a.Length > MaxLength || b.Length > MaxLength)
        {
            return int.MaxValue;
        }

        Span<int> row = stackalloc int[MaxLength + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
