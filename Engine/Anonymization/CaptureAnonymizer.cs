using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Anonymization;

/// <summary>Copies captures with their frames made anonymous.</summary>
/// <remarks>
/// Interface names stay, since replays choose by them; comments, descriptions and everything else that a file may hold
/// besides packets is left out. Thread: one at a time.
/// </remarks>
public sealed class CaptureAnonymizer(FrameAnonymizer frames)
{
    private const long NanosecondsPerTick = 100;

    private readonly List<int> _interfaces = [];
    private byte[] _buffer = new byte[4096];

    /// <summary>Whether captured frames end behind their last header, as a short snap length would have it.</summary>
    /// <remarks>A replay drops such frames, because it cannot forward what it does not have.</remarks>
    public bool Cuts { get; init; }

    /// <summary>What is added to every time stamp.</summary>
    public TimeSpan Shift { get; init; }

    /// <summary>
    /// Reads a capture for the first of two times, so that checksums over fragmented datagrams can be told right
    /// from wrong; without it they become right where that can be.
    /// </summary>
    /// <exception cref="IOException">
    /// The capture cannot be read, or is damaged; what was read so far counts.
    /// </exception>
    public void Learn(CaptureReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        frames.Datagrams.Clear();
        frames.Datagrams.IsLearning = true;
        try
        {
            while (reader.TryRead(out CapturedPacket packet))
            {
                Anonymize(reader, packet);
            }
        }
        finally
        {
            frames.Datagrams.IsLearning = false;
        }
    }

    /// <summary>Copies a capture, and forgets what was learnt.</summary>
    /// <param name="reader">The capture, before its first packet.</param>
    /// <param name="writer">Receives it; has no interfaces yet.</param>
    /// <param name="progress">Is told now and then how many bytes were read; null when nobody asks.</param>
    /// <returns>Packets copied.</returns>
    /// <exception cref="IOException">
    /// The capture cannot be read, or is damaged: packets before the damage were copied.
    /// </exception>
    public long Copy(CaptureReader reader, CaptureWriter writer, Action<long>? progress = null)
    {
        const int ProgressInterval = 4096;
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(writer);
        _interfaces.Clear();
        long count = 0;
        try
        {
            while (reader.TryRead(out CapturedPacket packet))
            {
                int kept = Anonymize(reader, packet);
                writer.Write(
                    InterfaceOf(reader, packet.InterfaceIndex, writer),
                    packet.TimestampNs + (Shift.Ticks * NanosecondsPerTick),
                    _buffer.AsSpan(0, Cuts ? kept : packet.Data.Length),
                    packet.OriginalLength,
                    new PacketAnnotations { Direction = packet.Direction });
                if (++count % ProgressInterval == 0)
                {
                    progress?.Invoke(reader.Offset);
                }
            }

            return count;
        }
        finally
        {
            frames.Datagrams.Clear();
        }
    }

    private int Anonymize(CaptureReader reader, in CapturedPacket packet)
    {
        if (_buffer.Length < packet.Data.Length)
        {
            _buffer = new byte[Math.Max(packet.Data.Length, 2 * _buffer.Length)];
        }

        LinkType linkType = reader.Interfaces[packet.InterfaceIndex].LinkType;
        return frames.Anonymize(packet.Data, linkType, _buffer);
    }

    private int InterfaceOf(CaptureReader reader, int index, CaptureWriter writer)
    {
        for (int next = _interfaces.Count; next <= index; next++)
        {
            CaptureInterface source = reader.Interfaces[next];
            _interfaces.Add(writer.AddInterface(source.Name ?? string.Empty, source.LinkType, source.SnapLength));
        }

        return _interfaces[index];
    }
}
