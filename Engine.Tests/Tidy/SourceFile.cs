namespace VxlanEngine.Tests.Tidy;

/// <summary>One C# file as the tidy tests see it.</summary>
/// <param name="Path">Where it is, from the repository's root with forward slashes.</param>
/// <param name="Text">Its text.</param>
internal sealed record SourceFile(string Path, string Text)
{
    private readonly Lazy<string> _code = new(() => CodeText.Of(Text));

    /// <summary>The text with comments and literals blanked: same length, same lines.</summary>
    public string Code => _code.Value;

    /// <summary>The folder inside Engine/ with forward slashes; empty for the root.</summary>
    public string Folder
    {
        get
        {
            string[] parts = Path.Split('/');
            return string.Join('/', parts[1..^1]);
        }
    }

    /// <summary>Reads the C# files of the named projects.</summary>
    public static IEnumerable<SourceFile> In(params string[] projects) =>
        projects.SelectMany(p => RepositoryFiles.Under(p, ".cs"))
            .Select(p => new SourceFile(p, File.ReadAllText(RepositoryFiles.PathOf(p))));

    /// <summary>A finding in the form file:line: text.</summary>
    public string At(int offset, string finding) =>
        $"{Path}:{Text.AsSpan(0, offset).Count('\n') + 1}: {finding}";
}
