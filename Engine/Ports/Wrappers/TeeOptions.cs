namespace VxlanEngine.Ports.Wrappers;

/// <summary>Where a <see cref="TeePort"/> writes what passes.</summary>
public sealed record TeeOptions
{
    /// <summary>Path of the pcapng file, which is made anew.</summary>
    public required string File { get; init; }

    /// <summary>
    /// Bytes after which the next file begins; the packet that reaches them is the file's last. 0, the default, for one
    /// file without end.
    /// </summary>
    public long RotateAt { get; init; }

    /// <summary>
    /// Files kept at most, at least 1: <c>a.pcapng</c> is the newest, <c>a.1.pcapng</c> the one before. Default 5.
    /// </summary>
    public int Keep { get; init; } = 5;
}
