namespace VxlanEngine.Policy.Validation;

/// <summary>Checks that the layers which a packet crosses put it into two tunnels at most.</summary>
/// <remarks>
/// A layer decides by one rule, so that layers count, and not rules. What a packet meets after its second tunnel, on
/// another uplink, depends on routes and is left to the data path.
/// </remarks>
internal sealed class EncapDepthCheck(PolicyIndex index, Findings findings)
{
    private const int MaxTunnels = 2;

    private readonly Dictionary<(string Port, Direction Direction), int> _layers = [];
    private readonly Dictionary<string, string> _lastOfUplink = new(StringComparer.Ordinal);

    public void Run()
    {
        for (int i = 0; i < index.Policy.Layers.Count; i++)
        {
            Layer layer = index.Policy.Layers[i];
            foreach (string port in layer.Ports.Distinct(StringComparer.Ordinal))
            {
                Count($"$.layers[{i}]", layer, port, Direction.Out);
                Count($"$.layers[{i}]", layer, port, Direction.In);
            }
        }

        foreach ((string uplink, string path) in _lastOfUplink)
        {
            BeyondUplink(uplink, path);
        }
    }

    private void Count(string path, Layer layer, string port, Direction direction)
    {
        if (!layer.Groups.Any(g => g.Direction == direction && g.Rules.Any(r => r.Action is RuleAction.Encap)))
        {
            return;
        }

        int count = _layers.GetValueOrDefault((port, direction)) + 1;
        _layers[(port, direction)] = count;
        if (count == MaxTunnels + 1)
        {
            findings.Add(
                path,
                $"The third layer on port \"{port}\" that puts packets into tunnels; a packet enters two at most.");
        }

        if (direction == Direction.Out && IsUplink(port))
        {
            _lastOfUplink[port] = path;
        }
    }

    /// <summary>Asks how many tunnels a packet is in when it comes to an uplink's layers on its way out.</summary>
    private void BeyondUplink(string uplink, string path)
    {
        int here = _layers[(uplink, Direction.Out)];
        foreach (((string port, Direction direction), int before) in _layers)
        {
            bool leadsHere = port != uplink && !(direction == Direction.Out && IsUplink(port));
            if (leadsHere && here <= MaxTunnels && before <= MaxTunnels && before + here > MaxTunnels)
            {
                findings.Add(
                    path,
                    $"Layers of port \"{port}\" put packets into {Tunnels(before)}, and those of uplink \"{uplink}\" "
                        + $"into {Tunnels(here)} around; a packet enters two at most.");
                return;
            }
        }
    }

    private static string Tunnels(int count) => count == 1 ? "a tunnel" : "two tunnels";

    private bool IsUplink(string port) =>
        index.Ports.TryGetValue(port, out Port? found) && found.Kind == PortKind.Uplink;
}
