using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary>A switch that takes packets like earlier ones the short way, whatever it is given.</summary>
internal sealed class ShortWay : IFrameSink, IDisposable
{
    private readonly SwitchCore _core;
    private readonly List<string> _delivered = [];

    public ShortWay(SwitchPolicy policy) => _core = new SwitchCore(policy, new SwitchLimits(), 16, 2048, this);

    /// <summary>Number of packets that went the short way.</summary>
    public long Hits => _core.FastPathHits;

    public bool WantsReports => false;

    /// <summary>Opens a packet that is quite usual, then frames from the underlay.</summary>
    /// <returns>What endpoints received of the frames.</returns>
    public HashSet<string> Open(IEnumerable<byte[]> frames)
    {
        Process(Green.Tunnelled(Green.Inner));
        _delivered.Clear();
        foreach (byte[] frame in frames)
        {
            Process(frame);
        }

        return [.. _delivered];
    }

    public void Dispose() => _core.Dispose();

    bool IFrameSink.Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
        ((IFrameSink)this).Forward(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;

    int IFrameSink.Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
    {
        foreach (ref readonly FrameDescriptor frame in frames)
        {
            if (_core.PortName(egress) != "up")
            {
                _delivered.Add(Hex.Text(pool.Frame(frame)));
            }
        }

        pool.Return(frames);
        return frames.Length;
    }

    void IFrameSink.Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
    }

    private void Process(byte[] bytes)
    {
        Assert.True(_core.Pool.TryRent(bytes.Length, out FrameDescriptor frame));
        Assert.True(_core.TryFindPort("up", out int index));
        frame.Port = (ushort)index;
        bytes.CopyTo(_core.Pool.Frame(frame));
        _core.Process(new Span<FrameDescriptor>(ref frame));
    }
}
