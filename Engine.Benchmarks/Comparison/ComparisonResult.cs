using System.Text.Json;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>A comparison's results, as they are kept in a file.</summary>
/// <param name="Machine">What they were measured on.</param>
/// <param name="Cells">What was measured, in the order of <see cref="Cell.All"/>.</param>
internal sealed record ComparisonResult(Machine Machine, IReadOnlyList<CellResult> Cells)
{
    /// <summary>Reads a file.</summary>
    public static ComparisonResult Load(string path) =>
        JsonSerializer.Deserialize<ComparisonResult>(File.ReadAllText(path), ComparisonJson.File)
        ?? throw new ComparisonException($"{path} holds no results.");

    /// <summary>Writes a file.</summary>
    public void Save(string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(this, ComparisonJson.File) + "\n");

    /// <summary>These cells, and those of another result that are missing here.</summary>
    /// <exception cref="ComparisonException">The other one is from another machine.</exception>
    public ComparisonResult With(ComparisonResult other)
    {
        if (other.Machine != Machine)
        {
            throw new ComparisonException("The file's results are those of another machine; save to another file.");
        }

        CellResult[] missing = [.. other.Cells.Where(o => Cells.All(c => c.Cell != o.Cell))];
        return this with { Cells = [.. Cells.Concat(missing).OrderBy(c => PlaceOf(c.Cell))] };
    }

    /// <summary>The result of a cell, or null.</summary>
    public CellResult? Find(string cell) => Cells.FirstOrDefault(c => c.Cell == cell);

    private static int PlaceOf(string name) => Cell.All.TakeWhile(c => c.Name != name).Count();
}
