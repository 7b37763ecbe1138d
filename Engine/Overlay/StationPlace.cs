using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Where a station is: at an endpoint port of this switch, or behind a VTEP.</summary>
/// <param name="Port">Index of the port; −1 for a remote station.</param>
/// <param name="Vtep">The VTEP in front of a remote station; no address for a local one.</param>
internal readonly record struct StationPlace(int Port, IpAddress Vtep)
{
    /// <summary>The place of what is behind an endpoint port.</summary>
    public static StationPlace At(int port) => new(port, default);

    /// <summary>The place of what is behind a VTEP.</summary>
    public static StationPlace Behind(IpAddress vtep) => new(-1, vtep);
}
