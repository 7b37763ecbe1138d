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

    /// <summary>These results, and those of another run that are missing here.</summary>
    /// <exception cref="ComparisonException">The other one is from another machine.</exception>
    public IoResult With(IoResult other)
    {
        if (other.Machine != Machine)
        {
            throw new ComparisonException("The file's results are those of another machine; save to another file.");
        }

        IEnumerable<string> names = IoSide.All.Select(s => s.Name);
        return this with
        {
            Sides =
            [
                .. names.Select(name => Merge(name, Find(name), other.Find(name))).Where(s => s.Turns.Count > 0),
            ],
        };
    }

    /// <summary>Writes a file.</summary>
    public void Save(string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(this, ComparisonJson.File) + "\n");

    // Turn by turn, as they were taken in rounds.
    private static IoSideResult Merge(string name, IReadOnlyList<IoTurn> turns, IReadOnlyList<IoTurn> others) => new(
        name,
        [
            .. Enumerable.Range(0, Math.Max(turns.Count, others.Count)).Select(i =>
                i >= turns.Count ? others[i] : i >= others.Count ? turns[i] : turns[i].Or(others[i])),
        ]);

    private IReadOnlyList<IoTurn> Find(string name) => Sides.FirstOrDefault(s => s.Side == name)?.Turns ?? [];
}
