using System.Globalization;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Memory of this process after a forced collection, in bytes.</summary>
/// <param name="Heap">What lives on the managed heap.</param>
/// <param name="Resident">All memory that is no file's: native memory, and the heap with its free room.</param>
internal sealed record SoakSample(long Heap, long Resident)
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
        return new SoakSample(GC.GetTotalMemory(false), long.Parse(number, CultureInfo.InvariantCulture) * 1024);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"heap {Heap / 1024} KiB, resident {Resident / 1024} KiB");

    /// <summary>How much more than another sample, as shares.</summary>
    public (double Heap, double Resident) Beside(SoakSample first) =>
        (((double)Heap / first.Heap) - 1, ((double)Resident / first.Resident) - 1);
}
