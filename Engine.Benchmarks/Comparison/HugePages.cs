using System.Globalization;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>Huge pages for DPDK, given back when disposed.</summary>
internal sealed class HugePages : IDisposable
{
    private const string CountFile = "/proc/sys/vm/nr_hugepages";
    private const string MountPoint = "/dev/hugepages";

    private readonly int _before;
    private readonly bool _mounted;

    /// <summary>Sees that there are at least <paramref name="count"/> pages.</summary>
    /// <exception cref="ComparisonException">The machine does not have so much memory in one piece.</exception>
    public HugePages(int count)
    {
        _before = Count;
        if (_before < count)
        {
            Count = count;
        }

        if (Count < count)
        {
            int got = Count;
            Dispose();
            throw new ComparisonException($"The kernel gives {got} of {count} huge pages.");
        }

        bool isMounted = File.ReadLines("/proc/mounts").Any(l => l.Split(' ') is [_, MountPoint, "hugetlbfs", ..]);
        if (!isMounted)
        {
            Directory.CreateDirectory(MountPoint);
            Tool.Run("mount", ["-t", "hugetlbfs", "nodev", MountPoint]);
            _mounted = true;
        }
    }

    private static int Count
    {
        get => int.Parse(File.ReadAllText(CountFile), CultureInfo.InvariantCulture);
        set => File.WriteAllText(CountFile, value.ToString(CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_mounted)
        {
            Tool.TryRun("umount", [MountPoint]);
        }

        Count = _before;
    }
}
