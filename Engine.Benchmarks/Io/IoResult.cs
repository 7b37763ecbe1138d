using System.Text.Json;
using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>The results of a run.</summary>
/// <param name="Machine">What they were measured on.</param>
/// <param name="Measured">When, to the minute, in UTC.</param>
/// <param name="Commit">Of which state of the repository.</param>
/// <param name="Seconds">How long each measurement took.</param>
/// <param name="Sides">Each side's turns, a round each.</param>
internal sealed record IoResult(
    Machine Machine, string Measured, string Commit, double Seconds, IReadOnlyList<IoSideResult> Sides)
{
    /// <summary>Reads a file.</summary>
    public static IoResult Load(string path) =>
        JsonSerializer.Deserialize<IoResult>(File.ReadAllText(path), ComparisonJson.File)
        ?? throw new ComparisonException($"{path} holds no results.");

    /// <summary>Writes a file.</summary>
    public void Save(string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(this, ComparisonJson.File) + "\n");
}
