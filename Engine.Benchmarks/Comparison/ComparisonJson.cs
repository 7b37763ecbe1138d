using System.Text.Json;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>How results are written.</summary>
internal static class ComparisonJson
{
    /// <summary>One line.</summary>
    public static JsonSerializerOptions Line { get; } = new(JsonSerializerDefaults.Web);

    /// <summary>A file.</summary>
    public static JsonSerializerOptions File { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
