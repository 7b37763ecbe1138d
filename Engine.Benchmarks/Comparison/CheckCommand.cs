namespace VxlanEngine.Benchmarks.Comparison;

/// <summary><c>--check</c>: whether engine and floor do the work of every cell; measures nothing.</summary>
internal static class CheckCommand
{
    /// <summary>Looks at what both make of the first frames of each cell.</summary>
    /// <returns>The exit code: 0 when all is right, else 1.</returns>
    public static int Run()
    {
        int failed = 0;
        foreach (Cell cell in Cell.All)
        {
            failed += IsRight(cell, "engine", EngineSide.Sample) ? 0 : 1;
            failed += IsRight(cell, "floor", FloorSide.Sample) ? 0 : 1;
        }

        return failed == 0 ? 0 : 1;
    }

    private static bool IsRight(Cell cell, string side, Func<Cell, IEnumerable<(byte[] Came, byte[] Left)>> sample)
    {
        try
        {
            OutputCheck.Check(cell, sample(cell));
            Console.WriteLine($"ok      {cell.Name} {side}");
            return true;
        }
        catch (ComparisonException e)
        {
            Console.WriteLine($"FAILED  {side}: {e.Message}");
            return false;
        }
    }
}
