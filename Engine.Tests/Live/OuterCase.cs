namespace VxlanEngine.Tests.Live;

/// <summary>Frames that a VTEP receives, and whether the engine is known to decide otherwise than Linux.</summary>
/// <param name="Name">What is special about them.</param>
/// <param name="Frames">The frames, one after the other.</param>
/// <param name="ByDefault">How the engine differs with its defaults; null where it must not.</param>
/// <param name="LikeLinux">How it differs when it is set to do as Linux does; null where it must not.</param>
internal sealed record OuterCase(
    string Name, IReadOnlyList<byte[]> Frames, Divergence? ByDefault, Divergence? LikeLinux)
{
    public override string ToString() => Name;
}
