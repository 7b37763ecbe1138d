namespace VxlanEngine.Ports.Captures;

/// <summary>Settings of a <see cref="CaptureWriter"/>.</summary>
public sealed record CaptureWriterOptions
{
    /// <summary>The options used where none are given.</summary>
    public static CaptureWriterOptions Default { get; } = new();

    /// <summary>Bytes gathered before the stream is written to; at least 256. Default 128 KiB.</summary>
    public int BufferLength { get; init; } = 128 * 1024;

    /// <summary>The program's name in pcapng's section header, without a version; null for none.</summary>
    /// <remarks>Default <c>vxe</c>.</remarks>
    public string? Application { get; init; } = "vxe";

    /// <summary>True to leave the stream open when the writer is disposed of. Default false.</summary>
    public bool LeaveOpen { get; init; }
}
