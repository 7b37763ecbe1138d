namespace VxlanEngine.Ports.Captures;

/// <summary>One packet of a capture file, valid until its reader's next read.</summary>
public readonly ref struct CapturedPacket
{
    internal CapturedPacket(ReadOnlySpan<byte> buffer, in PacketRecord record)
    {
        Data = buffer.Slice(record.DataOffset, record.DataLength);
        Options = new PcapngOptions(
            buffer.Slice(record.OptionsOffset, record.OptionsLength), record.OptionsAreBigEndian);
        TimestampNs = record.TimestampNs;
        HasTimestamp = record.HasTimestamp;
        OriginalLength = record.OriginalLength;
        InterfaceIndex = record.InterfaceIndex;
    }

    /// <summary>The captured bytes, from the header that the interface's link type names.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>The packet's options; empty in classic pcap.</summary>
    public PcapngOptions Options { get; }

    /// <summary>Nanoseconds since 1970-01-01 00:00 UTC; a time out of range is the nearest one in range.</summary>
    /// <remarks>
    /// Without <see cref="HasTimestamp"/> (pcapng's Simple Packet Block) it is the time of the packet before it in
    /// the file, or 0 for the first.
    /// </remarks>
    public long TimestampNs { get; }

    /// <summary>True when the file states the packet's time.</summary>
    public bool HasTimestamp { get; }

    /// <summary>The packet's length on the wire in bytes, as stated; at most <see cref="int.MaxValue"/>.</summary>
    /// <remarks>Damaged files state less than the captured length.</remarks>
    public int OriginalLength { get; }

    /// <summary>The interface, as an index into <see cref="CaptureReader.Interfaces"/>.</summary>
    public int InterfaceIndex { get; }

    /// <summary>True when the packet was longer on the wire than what was captured of it.</summary>
    public bool IsCut => Data.Length < OriginalLength;

    /// <summary>The first comment in UTF-8; empty when there is none. <see cref="Options"/> has them all.</summary>
    public ReadOnlySpan<byte> Comment =>
        Options.TryFind(PcapngOption.Comment, out PcapngOption option) ? option.Value : default;

    /// <summary>Which way the packet crossed the interface, where the file says so.</summary>
    public PacketDirection Direction
    {
        get
        {
            if (!Options.TryFind(PcapngOption.PacketFlags, out PcapngOption option)
                || !option.TryGetUInt32(out uint flags))
            {
                return PacketDirection.Unknown;
            }

            return (flags & 3) switch
            {
                1 => PacketDirection.Inbound,
                2 => PacketDirection.Outbound,
                _ => PacketDirection.Unknown,
            };
        }
    }

    /// <summary>The number that tells copies of one packet (<c>epb_packetid</c>); null when there is none.</summary>
    public ulong? PacketId =>
        Options.TryFind(PcapngOption.PacketId, out PcapngOption option) && option.TryGetUInt64(out ulong id)
            ? id
            : null;

    /// <summary>The interface's queue (<c>epb_queue</c>); null when the file does not say.</summary>
    public uint? Queue =>
        Options.TryFind(PcapngOption.PacketQueue, out PcapngOption option) && option.TryGetUInt32(out uint queue)
            ? queue
            : null;
}
