using System.Text;

namespace VxlanEngine.Packets;

/// <summary>The names under which drop reasons appear in counters, comments and documentation.</summary>
public static class DropReasonNames
{
    private static readonly string[] Names = MakeNames();

    /// <summary>The reason in kebab case: <c>vxlan-vni-not-found</c>.</summary>
    public static string Name(this DropReason reason) => Names[(int)reason];

    /// <summary>The reason in one sentence.</summary>
    public static string Sentence(this DropReason reason) => DropReasonSentences.Of(reason);

    private static string[] MakeNames()
    {
        var names = new string[256];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = ToKebabCase(((DropReason)i).ToString());
        }

        return names;
    }

    private static string ToKebabCase(string name)
    {
        var kebab = new StringBuilder(name.Length + 8);
        foreach (char c in name)
        {
            if (char.IsUpper(c) && kebab.Length > 0)
            {
                kebab.Append('-');
            }

            kebab.Append(char.ToLowerInvariant(c));
        }

        return kebab.ToString();
    }
}
