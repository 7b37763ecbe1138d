using VxlanEngine.Policy;

namespace VxlanEngine.Flows;

/// <summary>Chooses a load balancer's backend for a flow.</summary>
/// <remarks>
/// Rendezvous hashing: every backend draws a number for the flow, once per unit of weight, and the highest wins. A
/// backend that goes takes only its own flows with it, and one that comes takes an equal share of all. Integers only,
/// so that every machine chooses alike.
/// </remarks>
public static class BackendChooser
{
    /// <summary>Chooses a backend.</summary>
    /// <param name="action">The load balancer.</param>
    /// <param name="tuple">The flow's tuple before translation.</param>
    /// <param name="key">Key of the hash.</param>
    /// <returns>The backend, or null when none has a weight.</returns>
    public static Backend? Choose(RuleAction.LoadBalance action, in FlowTuple tuple, ulong key)
    {
        ArgumentNullException.ThrowIfNull(action);
        FlowTuple hashed = action.Hash switch
        {
            LoadBalanceHash.SourceAddress => new FlowTuple(tuple.Source, tuple.Destination, default, 0, 0, 0),
            LoadBalanceHash.SourceAddressProtocol =>
                new FlowTuple(tuple.Source, tuple.Destination, tuple.Protocol, 0, 0, 0),
            _ => tuple,
        };
        ulong flow = FlowHash.Of(hashed, key);
        Backend? best = null;
        ulong highest = 0;
        foreach (Backend backend in action.Backends)
        {
            ulong draw = FlowHash.Mix(FlowHash.Mix(flow, backend.Address.High), backend.Address.Low);
            draw = FlowHash.Mix(draw, backend.Port ?? 0);
            for (int i = 0; i < backend.Weight; i++)
            {
                // Mixed twice: after one round, draws of consecutive numbers lie evenly apart and favour high weights.
                ulong number = FlowHash.Mix(FlowHash.Mix(draw, (ulong)i), flow);
                if (best is null || number > highest)
                {
                    (best, highest) = (backend, number);
                }
            }
        }

        return best;
    }
}
