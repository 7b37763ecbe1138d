using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Corpus;

/// <summary>One of the captures of other projects, or of a scenario.</summary>
internal sealed class CorpusCapture
{
    private const string Missing = "neither ../shared/pcaps nor VXE_SHARED_PCAPS is here";

    private static readonly Lazy<IReadOnlyList<CorpusCapture>> Captures = new(
        () => [.. SharedCapturesTests.Manifest().Select(m => new CorpusCapture(RepositoryFiles.SharedPcaps!, m.File))]);

    private static readonly Lazy<IReadOnlyList<CorpusCapture>> DecodedCaptures = new(() => Decode([.. Opened]));

    private CorpusCapture(string folder, string name)
    {
        Name = name;
        Path = System.IO.Path.Combine(folder, name);
        var interfaces = new List<CaptureInterface>();
        (Packets, Fault) = ReadPacket.ReadAll(File.OpenRead(Path), interfaces: interfaces);
        Interfaces = interfaces;
        CanOpen = Fault is not { Offset: 0 };
    }

    /// <summary>All of them; the test is skipped where there are none.</summary>
    public static IReadOnlyList<CorpusCapture> All
    {
        get
        {
            Skip.If(RepositoryFiles.SharedPcaps is null, Missing);
            return Captures.Value;
        }
    }

    /// <summary>The file's name in the manifest.</summary>
    public string Name { get; }

    public string Path { get; }

    public IReadOnlyList<ReadPacket> Packets { get; }

    public IReadOnlyList<CaptureInterface> Interfaces { get; }

    /// <summary>The damage that ends the file, or null.</summary>
    public CaptureFormatException? Fault { get; }

    /// <summary>False when the file's own header is damaged, so that there is nothing to replay.</summary>
    public bool CanOpen { get; }

    /// <summary>The packets as tshark sees them; known for those that <see cref="Decoded"/> returns.</summary>
    public IReadOnlyList<TsharkFrame> Frames { get; private set; } = [];

    /// <summary>Those that can be opened.</summary>
    public static IEnumerable<CorpusCapture> Opened => All.Where(c => c.CanOpen);

    /// <summary>
    /// Those that can be opened, with tshark's view of them; the test is skipped where there is no tshark.
    /// </summary>
    public static IReadOnlyList<CorpusCapture> Decoded()
    {
        Skip.If(RepositoryFiles.SharedPcaps is null, Missing);
        Tshark.SkipIfMissing();
        return DecodedCaptures.Value;
    }

    /// <summary>
    /// What enters and what leaves in the project's scenarios, with tshark's view of it; the test is skipped where
    /// there is no tshark.
    /// </summary>
    public static IReadOnlyList<CorpusCapture> DecodedScenarios()
    {
        Tshark.SkipIfMissing();
        string folder = RepositoryFiles.PathOf("pcaps");
        return Decode(
        [
            .. Directory.GetFiles(folder, "*.pcap*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(file => new CorpusCapture(folder, System.IO.Path.GetRelativePath(folder, file)))
                .Where(capture => capture.CanOpen && capture.Packets.Count > 0),
        ]);
    }

    public override string ToString() => Name;

    private static IReadOnlyList<CorpusCapture> Decode(IReadOnlyList<CorpusCapture> captures)
    {
        IEnumerable<CorpusCapture> whole = captures.Where(c => c.Fault is null);
        var frames = new Queue<TsharkFrame>(Tshark.DecodeTogether(whole.Select(c => c.Path)));
        foreach (CorpusCapture capture in captures)
        {
            // In a damaged file tshark may see another packet behind the damage.
            capture.Frames = capture.Fault is null
                ? [.. capture.Packets.Select(_ => frames.Dequeue())]
                : [.. Tshark.Decode(capture.Path).Take(capture.Packets.Count)];
            Assert.Equal(
                capture.Packets.Select(p => $"{capture} {p.Data.Length} of {p.OriginalLength}"),
                capture.Frames.Select(f => $"{capture} {f.Text("frame.cap_len")} of {f.Text("frame.len")}"));
        }

        Assert.Empty(frames);
        return captures;
    }
}
