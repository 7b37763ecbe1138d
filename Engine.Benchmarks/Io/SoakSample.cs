using System.Globalization;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Memory of this process after a forced collection, in bytes.</summary>
/// <param name="Heap">What lives on the managed heap.</param>
/// <param name="Native">
/// Memory that is no file's and not the heap's: of the heap's free room the collector keeps more or less as it likes.
/// </param>
internal sealed record SoakSample(long Heap, long Native)
{
    private const string Title = "RssAnon:";

    /// <summary>Measures.</summary>
    public static SoakSample Now()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Title, StringComparison.Ordinal));
        string number = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        long resident = long.Parse(number, CultureInfo.InvariantCulture) * 1024;
        return new SoakSample(GC.GetTotalMemory(false), resident - GC.GetGCMemoryInfo().TotalCommittedBytes);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"heap {Heap / 1024} KiB, native {Native / 1024} KiB");

    /// <summary>How much more than another sample, as shares.</summary>
    public (double Heap, double Native) Beside(SoakSample first) =>
        (((double)Heap / first.Heap) - 1, ((double)Native / first.Native) - 1);
}
