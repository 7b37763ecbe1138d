using VxlanEngine.Classification;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>A switch that is given bursts, and what it sent in order.</summary>
internal sealed class FastPathSide : IFrameSink, IDisposable
{
    private readonly List<FrameDescriptor> _burst = [];
    private readonly List<string> _sent = [];

    public FastPathSide(SwitchPolicy policy, bool wantsReports)
    {
        WantsReports = wantsReports;
        ClassifierKind kind = wantsReports ? ClassifierKind.Linear : ClassifierKind.Compiled;
        Core = new SwitchCore(policy, new SwitchLimits { FlowPairs = 64 }, 64, 2048, this, classifiers: kind);
    }

    public SwitchCore Core { get; }

    public bool WantsReports { get; }

    public bool IsFull { get; set; }

    public string Sent { get; private set; } = "";

    /// <summary>Takes a frame to its fate at once; tells how many left.</summary>
    public int Send(string port, byte[] bytes, long timeNs, int headroom = PacketPool.Headroom)
    {
        Add(port, bytes, timeNs, ChecksumStatus.Unknown, headroom);
        Process();
        return _sent.Count;
    }

    public void Add(
        string port, byte[] bytes, long timeNs, ChecksumStatus checksum, int headroom = PacketPool.Headroom)
    {
        Assert.True(Core.Pool.TryRent(bytes.Length, out FrameDescriptor frame));
        frame.Offset = headroom;
        Assert.True(Core.TryFindPort(port, out int index));
        frame.Port = (ushort)index;
        frame.TimeNs = timeNs;
        frame.Checksum = checksum;
        bytes.CopyTo(Core.Pool.Frame(frame));
        _burst.Add(frame);
    }

    public void Process()
    {
        FrameDescriptor[] burst = [.. _burst];
        _burst.Clear();
        _sent.Clear();
        Core.Process(burst);
        Sent = string.Join('\n', _sent);
    }

    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

    public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
    {
        if (IsFull)
        {
            return 0;
        }

        foreach (ref readonly FrameDescriptor frame in frames)
        {
            _sent.Add($"{Core.PortName(egress)} {Convert.ToHexString(pool.Frame(frame))}");
        }

        pool.Return(frames);
        return frames.Length;
    }

    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
    }

    public void Dispose() => Core.Dispose();
}
