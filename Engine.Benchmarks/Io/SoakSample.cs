using System.Globalization;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>Memory of this process after a forced collection, in bytes.</summary>
/// <param name="Heap">The managed heap.</param>
/// <param name="Native">What is resident and neither file nor managed heap.</param>
internal sealed record SoakSample(long Heap, long Native)
{
    /// <summary>Measures.</summary>
    public static SoakSample Now()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        string number = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
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
