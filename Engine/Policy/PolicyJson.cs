using System.Text;
using VxlanEngine.Policy.Json;

namespace VxlanEngine.Policy;

/// <summary>Policies as JSON text, version 1.</summary>
/// <remarks>
/// Reading is strict: unknown and duplicate keys, missing ones, wrong types, values out of range and everything that
/// <see cref="PolicyValidator"/> refuses are errors, all reported at once. Comments and trailing commas are accepted.
/// </remarks>
public static class PolicyJson
{
    private const string SchemaResource = "VxlanEngine.Policy.policy.schema.json";

    /// <summary>The JSON Schema (draft 2020-12) of the text, for editors.</summary>
    public static string Schema { get; } = ReadSchema();

    /// <summary>Reads and validates the policy in a file.</summary>
    /// <exception cref="PolicyException">The text is not a policy, or the policy holds mistakes.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SwitchPolicy Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads and validates the policy in a stream, to its end; the stream stays open.</summary>
    /// <param name="stream">Text in UTF-8.</param>
    /// <param name="name">What error messages call the source.</param>
    /// <exception cref="PolicyException">The text is not a policy, or the policy holds mistakes.</exception>
    public static SwitchPolicy Load(Stream stream, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), name);
    }

    /// <summary>Reads and validates the policy in a string.</summary>
    /// <param name="json">The text.</param>
    /// <param name="name">What error messages call the source.</param>
    /// <exception cref="PolicyException">The text is not a policy, or the policy holds mistakes.</exception>
    public static SwitchPolicy Parse(string json, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Parse(Encoding.UTF8.GetBytes(json), name);
    }

    /// <summary>Writes a policy as text in its canonical form; the stream stays open.</summary>
    public static void Save(SwitchPolicy policy, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Encoding.UTF8.GetBytes(ToJson(policy)));
    }

    /// <summary>
    /// A policy as text in its canonical form: keys in a fixed order, defaults left out, short objects on one line.
    /// </summary>
    /// <remarks>A valid policy reads back equal.</remarks>
    public static string ToJson(SwitchPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return JsonLayout.Format(SwitchShapes.Policy.Write(policy));
    }

    private static SwitchPolicy Parse(ReadOnlySpan<byte> text, string? name)
    {
        var errors = new ReadErrors();
        JsonItem root = JsonItemReader.Read(text, errors) ?? throw new PolicyException(name, errors.Items);
        SwitchPolicy policy = SwitchShapes.Policy.Read(root, errors);

        // A misread object looks wrong in other ways too: only what its own mistake does not explain is told.
        IEnumerable<PolicyError> semantic = PolicyValidator.Validate(policy)
            .Where(error => !errors.Explains(error.Path))
            .Select(error => error with { Line = JsonPath.Find(root, error.Path).Line });
        PolicyError[] all = [.. errors.Items.Concat(semantic).OrderBy(error => error.Line)];
        return all.Length == 0 ? policy : throw new PolicyException(name, all);
    }

    private static string ReadSchema()
    {
        using Stream stream = typeof(PolicyJson).Assembly.GetManifestResourceStream(SchemaResource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
