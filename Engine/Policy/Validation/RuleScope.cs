namespace VxlanEngine.Policy.Validation;

/// <summary>What the ports of a layer mean for its rules.</summary>
internal sealed class RuleScope
{
    public RuleScope(Layer layer, PolicyIndex index)
    {
        foreach (string name in layer.Ports)
        {
            if (index.Ports.TryGetValue(name, out Port? port))
            {
                HasEndpoint |= port.Kind == PortKind.Endpoint;
                HasOther |= port.Kind != PortKind.Endpoint;
                HasNoUplink |= port.Kind is PortKind.Endpoint or PortKind.Host;
            }
        }
    }

    /// <summary>True when the layer is bound to an endpoint.</summary>
    public bool HasEndpoint { get; }

    /// <summary>True when the layer is bound to a port that is no endpoint.</summary>
    public bool HasOther { get; }

    /// <summary>True when the layer is bound to a port that is no uplink.</summary>
    public bool HasNoUplink { get; }

    /// <summary>True when the layer is bound to endpoints and nothing else.</summary>
    public bool IsEndpointsOnly => HasEndpoint && !HasOther;
}
