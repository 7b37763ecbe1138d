namespace VxlanEngine.Tests;

/// <summary>
/// The packets of several undamaged captures in one, one capture after another: starting a decoder is most of its
/// work, so it is started once for all. Each file's interfaces stay its own. The file goes when this is disposed.
/// </summary>
internal sealed class MergedCapture : IDisposable
{
    private static readonly Decoder Mergecap = new("mergecap");

    /// <summary>Merges captures, by Wireshark's <c>mergecap</c>.</summary>
    public MergedCapture(IEnumerable<string> paths)
    {
        Path = System.IO.Path.GetTempFileName();
        (int code, _, string error) = Mergecap.Run(["-a", "-I", "none", "-F", "pcapng", "-w", Path, .. paths]);
        if (code != 0)
        {
            Dispose();
            throw new InvalidOperationException($"mergecap returned {code}: {error}");
        }
    }

    /// <summary>True when captures can be merged.</summary>
    public static bool IsPossible => Mergecap.IsInstalled;

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
