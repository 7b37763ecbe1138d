using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;
using VxlanEngine.Tests.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Corpus;

/// <summary>What became of one capture: every byte that a replay writes, and the same packet by packet.</summary>
internal sealed class CorpusReplay
{
    private CorpusReplay(ReplayResult result, byte[] forwardedFile, byte[] droppedFile)
    {
        Assert.True(result.Counters.AddsUp);
        Result = result;
        ForwardedFile = forwardedFile;
        DroppedFile = droppedFile;
        Forwarded = ReadPacket.ReadWhole(forwardedFile).ToLookup(p => (int)p.PacketId!.Value - 1);
        Dropped = ReadPacket.ReadWhole(droppedFile).ToLookup(p => (int)p.PacketId!.Value - 1);
    }

    public ReplayResult Result { get; }

    public byte[] ForwardedFile { get; }

    public byte[] DroppedFile { get; }

    /// <summary>Frames that left, by the place of their packet in the capture.</summary>
    public ILookup<int, ReadPacket> Forwarded { get; }

    /// <summary>Frames that were dropped, by the place of their packet in the capture.</summary>
    public ILookup<int, ReadPacket> Dropped { get; }

    /// <summary>Reads one of the policies beside this file.</summary>
    public static SwitchPolicy Policy(string file) =>
        PolicyJson.Parse(File.ReadAllText(RepositoryFiles.PathOf($"Engine.Tests/Corpus/{file}")));

    /// <summary>Replays a capture into a policy's first port.</summary>
    public static CorpusReplay Run(CorpusCapture capture, SwitchPolicy policy) =>
        Run(CaptureReader.Open(capture.Path), policy);

    /// <summary>Replays a file in memory into a policy's first port.</summary>
    public static CorpusReplay Run(byte[] file, SwitchPolicy policy) =>
        Run(CaptureReader.Open(new MemoryStream(file), "memory"), policy);

    /// <summary>The name of the reason that a packet was dropped for; null when it was not.</summary>
    public string? DropOf(int packet) =>
        Dropped[packet].SingleOrDefault()?.Comments.Single().Split(": ")[1]["drop ".Length..];

    private static CorpusReplay Run(CaptureReader capture, SwitchPolicy policy)
    {
        var forwarded = new MemoryStream();
        var dropped = new MemoryStream();
        ReplayResult result;
        using (CaptureWriter output = CaptureWriter.Create(forwarded, CaptureFormat.Pcapng))
        using (CaptureWriter drops = CaptureWriter.Create(dropped, CaptureFormat.Pcapng))
        {
            result = CaptureReplay.Run(new ReplayOptions
            {
                Policy = policy,
                Inputs = [new ReplayInput(policy.Ports[0].Name, capture)],
                Output = output,
                Drops = drops,
            });
        }

        return new CorpusReplay(result, forwarded.ToArray(), dropped.ToArray());
    }
}
