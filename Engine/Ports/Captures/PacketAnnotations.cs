namespace VxlanEngine.Ports.Captures;

/// <summary>What a <see cref="CaptureWriter"/> says of a packet besides its bytes; only pcapng can hold it.</summary>
public readonly ref struct PacketAnnotations
{
    /// <summary>Options of a packet read before: its comments are written first, the others left out.</summary>
    public PcapngOptions CommentsFrom { get; init; }

    /// <summary>A comment in UTF-8, at most 65 535 bytes; none when empty.</summary>
    public ReadOnlySpan<byte> Comment { get; init; }

    /// <summary>Which way the packet crossed the interface.</summary>
    public PacketDirection Direction { get; init; }

    /// <summary>A number that tells copies of one packet; null for none.</summary>
    public ulong? PacketId { get; init; }

    /// <summary>The interface's queue; null for none.</summary>
    public uint? Queue { get; init; }
}
