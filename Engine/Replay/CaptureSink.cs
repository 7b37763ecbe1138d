using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>
/// Writes frames that leave to one capture and frames that are dropped to another, and has those that leave compared
/// with the ones expected.
/// </summary>
internal sealed class CaptureSink(ReplayOptions options) : IFrameSink
{
    private const int MaxCommentLength = 2048;

    private readonly byte[] _comment = new byte[MaxCommentLength];
    private readonly List<int> _outputs = [];
    private readonly List<int> _drops = [];
    private readonly List<int> _room = [];
    private SwitchCore _core = null!;

    /// <summary>Makes an interface for every port that has none yet.</summary>
    public void Open(SwitchCore core)
    {
        _core = core;
        for (int i = _outputs.Count; i < core.PortCount; i++)
        {
            _outputs.Add(AddInterface(options.Output, core.PortName(i)));
            _drops.Add(AddInterface(options.Drops, core.PortName(i)));
            _room.Add(options.Room.Ports.TryGetValue(core.PortName(i), out int frames) ? frames : int.MaxValue);
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

        pool.Return(frames);
        return frames.Length;
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

        options.Expected?.Check(_core.PortName(report.Egress), frame.TimeNs, pool.Frame(frame), comment);
        pool.Return(frame);
        return true;
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

    // A classic pcap file has one interface, which all ports share.
    private static int AddInterface(CaptureWriter? writer, string name) =>
        writer is null ? -1
        : writer.Format == CaptureFormat.Pcapng ? writer.AddInterface(name, LinkType.Ethernet)
        : 0;

    private ReadOnlySpan<byte> Comment(PacketReport report) => options.Comments
        ? _comment.AsSpan(0, ReportText.Write(_comment, report, _core.PortName))
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
