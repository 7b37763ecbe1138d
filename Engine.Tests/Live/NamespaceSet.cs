using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>Network namespaces and a folder of one test's own, which go when this is disposed.</summary>
internal sealed class NamespaceSet : IDisposable
{
    private static int _count;

    private readonly string _run = $"vxe-{Environment.ProcessId}-s{Interlocked.Increment(ref _count)}";
    private readonly List<string> _names = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("vxe-live").FullName;

    public string PolicyFile => Path.Combine(Folder, "policy.json");

    /// <summary>Makes namespaces.</summary>
    /// <returns>Their full names, in order.</returns>
    public string[] Add(params IEnumerable<string> names)
    {
        string[] added = [.. names.Select(name => $"{_run}-{name}")];
        _names.AddRange(added);
        Batch([.. added.Select(name => $"netns add {name}")]);
        Array.ForEach(added, LeakWatch.Made);
        foreach (string name in added)
        {
            BatchIn(name, "link set lo up");
        }

        return added;
    }

    /// <summary>Keeps a namespace's kernel from saying anything by itself.</summary>
    public static void Silence(string name) => LiveRig.In(
        name, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");

    /// <summary>Runs lines of ip(8), without the word <c>ip</c>.</summary>
    public void Batch(params string[] lines) => RunBatch([], lines);

    /// <summary>Runs lines of ip(8) in a namespace.</summary>
    public void BatchIn(string name, params string[] lines) => RunBatch(["-n", name], lines);

    /// <summary>Fails when a process is left in a namespace, or a namespace after it was deleted.</summary>
    public void AssertNothingIsLeft()
    {
        _names.ForEach(LiveRig.AssertNoProcessIsLeft);
        Delete();
        Assert.All(_names, name => Assert.False(LiveRig.Exists(name)));
    }

    public void Dispose()
    {
        Delete();
        Directory.Delete(Folder, recursive: true);
    }

    private void Delete()
    {
        string[] left = [.. _names.Where(LiveRig.Exists).Select(name => $"netns del {name}")];
        if (left.Length > 0)
        {
            Batch(left);
        }
    }

    private void RunBatch(string[] options, string[] lines)
    {
        string file = Path.Combine(Folder, "batch");
        File.WriteAllLines(file, lines);
        (int code, string output) = Shell.Try(["ip", .. options, "-batch", file]);
        Assert.True(code == 0, $"{string.Join('\n', lines)}\n{output}");
    }
}
