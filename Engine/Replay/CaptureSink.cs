using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>
/// Writes frames that leave to one capture and frames that are dropped to another, and has those that leave compared
/// with the ones expected.
/// </summary>
internal sealed class CaptureSink(ReplayOptions options) : IFrameSink
{
    private const int MaxCommentLength = 2048;
    private const int PatienceMs = 1000;

    private readonly byte[] _comment = new byte[MaxCommentLength];
    private readonly List<int> _outputs = [];
    private readonly List<int> _drops = [];
    private readonly List<int> _room = [];
    private readonly List<ILivePort?> _live = [];
    private Func<int, string> _portName = null!;

    /// <summary>Makes an interface for every port that has none yet.</summary>
    public void Open(int portCount, Func<int, string> portName)
    {
        _portName = portName;
        for (int i = _outputs.Count; i < portCount; i++)
        {
            string name = portName(i);
            _outputs.Add(AddInterface(options.Output, name));
            _drops.Add(AddInterface(options.Drops, name));
            _room.Add(options.Room.Ports.TryGetValue(name, out int frames) ? frames : int.MaxValue);
            _live.Add(options.LiveOutputs.FirstOrDefault(o => o.Key == name).Value);
        }
    }

    public bool WantsReports =>
        options is { Comments: true, Output.Format: CaptureFormat.Pcapng } || options.Expected is not null;

    public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
    {
        frames = frames[..Take(egress, frames.Length)];
        if (options.Output is not null)
        {
            foreach (ref readonly FrameDescriptor frame in frames)
            {
                Write(options.Output, _outputs[egress], pool, frame, default, PacketDirection.Outbound);
            }
        }

        return Release(pool, frames, egress);
    }

    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        if (Take(report.Egress, 1) == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> comment = Comment(report);
        if (options.Output is not null)
        {
            Write(options.Output, _outputs[report.Egress], pool, frame, comment, PacketDirection.Outbound);
        }

        options.Expected?.Check(_portName(report.Egress), frame.TimeNs, pool.Frame(frame), comment);
        return Release(pool, new ReadOnlySpan<FrameDescriptor>(in frame), report.Egress) == 1;
    }

    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        if (options.Drops is not null && report.Verdict.Kind == VerdictKind.Drop)
        {
            Write(options.Drops, _drops[report.Ingress], pool, frame, Comment(report), PacketDirection.Inbound);
        }
    }

    /// <summary>Takes the room of frames at a port away, where it is not endless.</summary>
    /// <returns>For how many of them there was room.</returns>
    private int Take(int port, int frames)
    {
        int room = _room[port];
        int taken = Math.Min(room, frames);
        _room[port] = room == int.MaxValue ? room : room - taken;
        return taken;
    }

    /// <summary>Gives frames to the live port that stands for their egress, or their buffers back.</summary>
    /// <returns>How many were taken.</returns>
    private int Release(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress)
    {
        ILivePort? port = _live[egress];
        if (port is null)
        {
            pool.Return(frames);
            return frames.Length;
        }

        // A replay has time: the port is waited for, so that no buffer is out when the next burst is read.
        long end = Environment.TickCount64 + PatienceMs;
        int taken = port.Transmit(pool, frames);
        port.Flush(pool);
        while ((taken < frames.Length || port.HasUnsent) && Environment.TickCount64 < end)
        {
            Thread.Sleep(1);
            port.Maintain();
            taken += port.Transmit(pool, frames[taken..]);
            port.Flush(pool);
        }

        return taken;
    }

    // A classic pcap file has one interface, which all ports share.
    private static int AddInterface(CaptureWriter? writer, string name) =>
        writer is null ? -1
        : writer.Format == CaptureFormat.Pcapng ? writer.AddInterface(name, LinkType.Ethernet)
        : 0;

    private ReadOnlySpan<byte> Comment(PacketReport report) => options.Comments
        ? _comment.AsSpan(0, ReportText.Write(_comment, report, _portName))
        : default;

    private static void Write(
        CaptureWriter writer,
        int port,
        PacketPool pool,
        in FrameDescriptor frame,
        ReadOnlySpan<byte> comment,
        PacketDirection direction)
    {
        var annotations = new PacketAnnotations
        {
            Comment = comment,
            Direction = direction,
            PacketId = frame.PacketId,
        };
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        writer.Write(port, frame.TimeNs, bytes, bytes.Length, annotations);
    }
}
