namespace VxlanEngine.Ports.Captures;

/// <summary>How one file of a <see cref="CaptureMerge"/> failed.</summary>
/// <param name="SourceIndex">The file's position among the sources.</param>
/// <param name="Error">A <see cref="CaptureFormatException"/>, or what the stream threw.</param>
public sealed record CaptureFault(int SourceIndex, IOException Error);
