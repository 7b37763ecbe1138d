using System.Diagnostics;

namespace VxlanEngine.Tests.Live;

/// <summary>What tests of live ports make and must take away again, as it is at some moment.</summary>
internal sealed class MachineState
{
    private readonly IReadOnlyList<string> _things;

    private MachineState(IReadOnlyList<string> things) => _things = things;

    /// <summary>Looks at this machine and this process.</summary>
    public static MachineState Now() => new(
    [
        .. Names("/run/netns", "namespace"),
        .. Names("/sys/class/net", "link"),
        .. BpfObjects.Xdp(),
        .. Descriptors(),
        .. Children(),
    ]);

    /// <summary>What there is now, and was not then; waits for it to go.</summary>
    public IReadOnlyList<string> LeftAfter(TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            List<string> left = Without(Now()._things, _things);
            if (left.Count == 0 || clock.Elapsed > patience)
            {
                return left;
            }

            // Handles that nobody holds any more close their descriptors when they are collected.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(50);
        }
    }

    private static List<string> Without(IReadOnlyList<string> things, IReadOnlyList<string> others)
    {
        List<string> left = [.. things];
        foreach (string other in others)
        {
            left.Remove(other);
        }

        return left;
    }

    private static IEnumerable<string> Names(string folder, string kind) => Directory.Exists(folder)
        ? Directory.EnumerateFileSystemEntries(folder).Select(path => $"{kind} {Path.GetFileName(path)}")
        : [];

    /// <summary>Descriptors by what they stand for, but for those that the runtime keeps for itself.</summary>
    private static IEnumerable<string> Descriptors()
    {
        string[] kinds = ["socket", "/dev/net/tun", "anon_inode:bpf", "/run/netns"];
        foreach (FileInfo descriptor in new DirectoryInfo("/proc/self/fd").EnumerateFiles())
        {
            string target = descriptor.LinkTarget ?? string.Empty;
            string? kind = Array.Find(kinds, k => target.StartsWith(k, StringComparison.Ordinal));
            if (kind is not null)
            {
                yield return $"descriptor {kind}";
            }
        }
    }

    private static IEnumerable<string> Children()
    {
        string self = $"{Environment.ProcessId}";
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(f => char.IsAsciiDigit(f[6])))
        {
            // pid (name) state parent …; the name may hold anything.
            string status = ReadOrEmpty(Path.Combine(folder, "stat"));
            string[] words = status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && words[1] == self)
            {
                yield return $"process {folder[6..]} {ReadOrEmpty(Path.Combine(folder, "comm")).Trim()}";
            }
        }
    }

    private static string ReadOrEmpty(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return string.Empty;
        }
    }
}
