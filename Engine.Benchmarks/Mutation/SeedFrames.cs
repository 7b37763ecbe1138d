using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>The frames that mutation starts from: hand-built ones of every kind, and those of captures.</summary>
internal static class SeedFrames
{
    /// <summary>Most frames taken of one file: the beginning of a long transfer says all.</summary>
    private const int MaxFramesOfFile = 64;

    private static readonly string[] Extensions = [".pcap", ".pcapng", ".cap"];

    /// <summary>Reads the Ethernet frames of captures; a damaged file gives those before the damage.</summary>
    /// <param name="paths">Files, and folders whose captures are taken with all below them.</param>
    public static List<byte[]> Load(IEnumerable<string> paths) =>
    [
        .. FrameSamples.All.Values,
        .. paths.SelectMany(FilesOf).Order(StringComparer.Ordinal).SelectMany(Read),
    ];

    private static IEnumerable<string> FilesOf(string path) =>
        Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(f => Extensions.Contains(Path.GetExtension(f), StringComparer.Ordinal))
            : [path];

    private static List<byte[]> Read(string path)
    {
        var frames = new List<byte[]>();
        try
        {
            using CaptureReader reader = CaptureReader.Open(path);
            while (frames.Count < MaxFramesOfFile && reader.TryRead(out CapturedPacket packet))
            {
                if (reader.Interfaces[packet.InterfaceIndex].LinkType == LinkType.Ethernet && packet.Data.Length > 0)
                {
                    frames.Add(packet.Data.ToArray());
                }
            }
        }
        catch (CaptureFormatException)
        {
            // Some captures of other projects are damaged on purpose.
        }

        return frames;
    }
}
