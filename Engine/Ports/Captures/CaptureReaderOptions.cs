namespace VxlanEngine.Ports.Captures;

/// <summary>Limits of a <see cref="CaptureReader"/>.</summary>
public sealed record CaptureReaderOptions
{
    /// <summary>The options used where none are given.</summary>
    public static CaptureReaderOptions Default { get; } = new();

    /// <summary>Bytes asked of the stream at a time; at least 64. Default 256 KiB.</summary>
    public int BufferLength { get; init; } = 256 * 1024;

    /// <summary>Most bytes captured of one packet; a file that states more is corrupt.</summary>
    /// <remarks>Default 262 144, as libpcap's.</remarks>
    public int MaximumPacketLength { get; init; } = 262_144;

    /// <summary>Most bytes of a pcapng block that has to be in memory whole.</summary>
    /// <remarks>
    /// These are sections, interfaces and packets; others are skipped at any length. Default 16 MiB, as libpcap's.
    /// </remarks>
    public int MaximumBlockLength { get; init; } = 16 * 1024 * 1024;

    /// <summary>Most interfaces in all sections of a pcapng file. Default 65 536.</summary>
    public int MaximumInterfaceCount { get; init; } = 65_536;

    /// <summary>True to leave the stream open when the reader is disposed of. Default false.</summary>
    public bool LeaveOpen { get; init; }
}
