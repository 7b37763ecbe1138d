using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// What tests of live ports have in common: they need root, Linux and iproute2, and run after all others (see
/// <see cref="LiveLastFramework"/>).
/// </summary>
public static class LiveTests
{
    /// <summary>The trait that tells them.</summary>
    public const string Category = "Category";

    /// <summary>The trait's value.</summary>
    public const string Privileged = "Privileged";

    /// <summary>Another value, for classes that look at the whole machine, or keep wires on it after a test.</summary>
    public const string Alone = "Alone";

    private static readonly Lazy<string?> Obstacle = new(FindObstacle);

    /// <summary>Skips the test, and says why, where network namespaces cannot be made.</summary>
    public static void SkipWhereImpossible() => Skip.If(Obstacle.Value is not null, Obstacle.Value);

    /// <summary>Whether a program can be run.</summary>
    public static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(':')
            .Concat(["/usr/sbin", "/sbin"])
            .Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static string? FindObstacle()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Live ports need Linux.";
        }

        string[] tools = ["ip", "ping", "python3", "sysctl"];
        string? missing = tools.FirstOrDefault(tool => !IsInstalled(tool));
        if (missing is not null)
        {
            return $"{missing} is not installed.";
        }

        string probe = $"vxe-probe-{Environment.ProcessId}";
        (int code, string output) = Shell.Try("ip", "netns", "add", probe);
        if (code != 0)
        {
            return $"Network namespaces cannot be made here: {output.Trim()}";
        }

        (code, output) = Shell.Try(
            "ip", "-n", probe, "link", "add", "v", "type", "vxlan", "id", "1", "dstport", "4789");
        Shell.Run($"ip netns del {probe}");
        return code == 0 ? null : $"The kernel makes no VXLAN devices: {output.Trim()}";
    }
}
