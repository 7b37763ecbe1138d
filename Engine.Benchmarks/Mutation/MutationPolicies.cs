using VxlanEngine.Policy;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>The policies that mutated frames meet: the JSON files beside this one.</summary>
internal static class MutationPolicies
{
    private const string Prefix = "Policies.";

    /// <summary>Each policy under its file's name.</summary>
    public static IReadOnlyList<(string Name, SwitchPolicy Policy)> All { get; } = Load();

    private static List<(string Name, SwitchPolicy Policy)> Load()
    {
        var policies = new List<(string Name, SwitchPolicy Policy)>();
        System.Reflection.Assembly assembly = typeof(MutationPolicies).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (resource.StartsWith(Prefix, StringComparison.Ordinal))
            {
                using Stream stream = assembly.GetManifestResourceStream(resource)!;
                string name = Path.GetFileNameWithoutExtension(resource[Prefix.Length..]);
                policies.Add((name, PolicyJson.Load(stream, resource)));
            }
        }

        return policies;
    }
}
