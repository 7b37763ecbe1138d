using System.Globalization;

namespace VxlanEngine.Benchmarks.Workers;

/// <summary>How long this process's workers have had a core: on a shared machine, less than the clock says.</summary>
internal static class WorkerTime
{
    /// <summary>The time that the threads of all workers have run.</summary>
    /// <returns>Zero where the system does not tell.</returns>
    public static TimeSpan Read()
    {
        long nanoseconds = 0;
        string[] threads = OperatingSystem.IsLinux() ? Directory.GetDirectories("/proc/self/task") : [];
        foreach (string thread in threads)
        {
            string name = File.ReadAllText(Path.Combine(thread, "comm"));
            string[] times = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ');
            nanoseconds += name.StartsWith("vxlan worker", StringComparison.Ordinal)
                ? long.Parse(times[0], CultureInfo.InvariantCulture)
                : 0;
        }

        return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }
}
