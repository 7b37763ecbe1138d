using VxlanEngine.Overlay;
using VxlanEngine.Policy;

namespace VxlanEngine.Pipeline;

/// <summary>A port with the layers it is bound to, in the order of each direction.</summary>
internal sealed class BoundPort
{
    /// <summary>The port's number, which it keeps over policy changes.</summary>
    public required int Index { get; init; }

    public required Port Port { get; init; }

    /// <summary>The network of an endpoint; null for other ports.</summary>
    public required BoundNetwork? Network { get; init; }

    /// <summary>The layers in ascending priority.</summary>
    public required BoundLayer[] Outbound { get; init; }

    /// <summary>The layers in descending priority.</summary>
    public required BoundLayer[] Inbound { get; init; }

    /// <summary>UDP ports on which an uplink receives VXLAN.</summary>
    public required HashSet<ushort> VxlanPorts { get; init; }

    /// <summary>Where packets to an address go on an uplink's link.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>True when a rule of a layer may make flow state.</summary>
    public bool MayHoldState { get; init; }

    public bool HasLayers => Outbound.Length > 0;

    public BoundLayer[] Layers(Direction direction) =>
        direction == Direction.Out ? Outbound : Inbound;
}
