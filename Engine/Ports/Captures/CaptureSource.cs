namespace VxlanEngine.Ports.Captures;

/// <summary>One file of a <see cref="CaptureMerge"/>.</summary>
/// <param name="Reader">The file.</param>
/// <param name="Accepts">Chooses the interfaces whose packets take part; null for all.</param>
public sealed record CaptureSource(CaptureReader Reader, Predicate<CaptureInterface>? Accepts = null);
