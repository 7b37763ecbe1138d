using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

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

    /// <summary>UDP ports on which an uplink receives tunnel packets, and how their headers are read.</summary>
    public required Dictionary<ushort, ITunnelProtocol> Tunnels { get; init; }

    /// <summary>The UDP ports of <see cref="Tunnels"/> that are VXLAN's, in ascending order.</summary>
    public IEnumerable<ushort> VxlanPorts =>
        Tunnels.Where(t => t.Value.Kind == TunnelKind.Vxlan).Select(t => t.Key).Order();

    /// <summary>Where packets to an address go on an uplink's link.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>The multicast groups that an uplink is a member of, each once.</summary>
    public required IpAddress[] Groups { get; init; }

    /// <summary>True when a rule of a layer may make flow state.</summary>
    public bool MayHoldState { get; init; }

    public bool HasLayers => Outbound.Length > 0;

    public BoundLayer[] Layers(Direction direction) =>
        direction == Direction.Out ? Outbound : Inbound;
}
