using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>What a <see cref="RouteTable"/> says of the way to an address.</summary>
/// <param name="Local">The uplink's own address to send from.</param>
/// <param name="NextHop">The station on the link to send to.</param>
/// <param name="PrefixLength">How long the route's prefix is.</param>
internal readonly record struct FoundRoute(IpAddress Local, IpAddress NextHop, int PrefixLength);
