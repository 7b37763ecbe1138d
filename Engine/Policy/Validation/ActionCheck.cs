using VxlanEngine.Wire;

namespace VxlanEngine.Policy.Validation;

/// <summary>Checks what rules do.</summary>
internal sealed class ActionCheck(PolicyIndex index, Findings findings)
{
    private readonly TunnelCheck _tunnels = new(index, findings);

    /// <summary>Checks an action.</summary>
    /// <param name="path">Path of the action.</param>
    /// <param name="action">The action.</param>
    /// <param name="direction">The group's direction.</param>
    /// <param name="scope">The layer's ports.</param>
    /// <param name="families">The families that the rule's conditions leave possible.</param>
    public void Run(string path, RuleAction action, Direction direction, RuleScope scope, Families families)
    {
        switch (action)
        {
            case RuleAction.Nat nat:
                Nat($"{path}.nat", nat, families);
                break;
            case RuleAction.DynamicNat nat:
                DynamicNat($"{path}.dynamicNat", nat, families);
                break;
            case RuleAction.LoadBalance balance:
                LoadBalance($"{path}.loadBalance", balance, families);
                break;
            case RuleAction.Encap encap:
                Encap($"{path}.encap", encap, direction, scope);
                break;
            case RuleAction.Decap decap:
                Decap(path, decap, direction, scope);
                break;
            case RuleAction.Modify modify:
                Modify($"{path}.modify", modify);
                break;
            case RuleAction.Redirect { Port: { } port }:
                PortExists($"{path}.redirect.port", port);
                break;
            case RuleAction.Mirror mirror:
                PortExists($"{path}.mirror.port", mirror.Port);
                break;
            case RuleAction.Meter meter:
                findings.Name($"{path}.meter.name", meter.Name, "meter");
                break;
            case RuleAction.RateLimit limit:
                RateLimit($"{path}.rateLimit", limit);
                break;
            default:
                break;
        }
    }

    private void Nat(string path, RuleAction.Nat nat, Families families)
    {
        if (nat == new RuleAction.Nat())
        {
            findings.Add(path, "Translates nothing: give source, sourcePort, destination or destinationPort.");
        }

        NewAddress($"{path}.source", nat.Source, families);
        NewAddress($"{path}.destination", nat.Destination, families);
        NewPort($"{path}.sourcePort", nat.SourcePort);
        NewPort($"{path}.destinationPort", nat.DestinationPort);
        if (nat.Source is { } source && nat.Destination is { } destination && source.Family != destination.Family)
        {
            findings.Add($"{path}.destination", $"{source} and {destination} are of different families.");
        }
    }

    private void DynamicNat(string path, RuleAction.DynamicNat nat, Families families)
    {
        ValueArray<AddressTerm> terms = nat.Addresses.Terms;
        string addressesPath = $"{path}.addresses";
        if (terms.IsEmpty)
        {
            findings.Add(addressesPath, "Expected at least one address to translate to.");
        }
        else if (terms.Any(term => term.Negated || term.Set is not null))
        {
            findings.Add(addressesPath, $"A pool is made of addresses and ranges; found {nat.Addresses}.");
        }
        else if (terms.Any(term => term.First.Family != terms[0].First.Family))
        {
            findings.Add(addressesPath, "The addresses of a pool are all IPv4 or all IPv6.");
        }
        else if (!terms[0].First.HasValue)
        {
            findings.Add(addressesPath, "Expected an address or a range, found none.");
        }
        else
        {
            SameFamily(addressesPath, terms[0].First, families);
        }

        if (nat.Ports.First == 0 || nat.Ports.Last > ushort.MaxValue || nat.Ports.First > nat.Ports.Last)
        {
            findings.Add($"{path}.ports", $"Expected ports from 1 to 65535, found {nat.Ports}.");
        }
    }

    private void LoadBalance(string path, RuleAction.LoadBalance balance, Families families)
    {
        if (balance.Backends.IsEmpty)
        {
            findings.Add($"{path}.backends", "Expected at least one backend.");
        }

        for (int i = 0; i < balance.Backends.Count; i++)
        {
            Backend backend = balance.Backends[i];
            string backendPath = $"{path}.backends[{i}]";
            NewPort($"{backendPath}.port", backend.Port);
            if (backend.Weight < 0)
            {
                findings.Add($"{backendPath}.weight", $"Expected a weight of 0 or more, found {backend.Weight}.");
            }

            if (backend.Address.HasValue && backend.Address.Family != balance.Backends[0].Address.Family)
            {
                findings.Add($"{backendPath}.address", "The backends of a rule are all IPv4 or all IPv6.");
            }
            else
            {
                NewAddress($"{backendPath}.address", backend.Address, families);
            }
        }
    }

    private void Encap(string path, RuleAction.Encap encap, Direction direction, RuleScope scope)
    {
        if (direction == Direction.In && scope.HasEndpoint)
        {
            findings.Add(path, "A packet on its way in to an endpoint enters no tunnel; use a group of direction out.");
        }

        if ((encap.Network is null) == (encap.Tunnel is null))
        {
            string found = encap.Network is null ? "neither" : "both";
            findings.Add(path, $"Expected either \"network\" or \"tunnel\", found {found}.");
        }

        if (encap.Network is not null && !index.Networks.ContainsKey(encap.Network))
        {
            findings.Dangling($"{path}.network", "network", encap.Network, index.Networks.Keys);
        }

        if (encap.Tunnel is not null)
        {
            _tunnels.Explicit($"{path}.tunnel", encap.Tunnel);
        }
    }

    private void Decap(string path, RuleAction.Decap decap, Direction direction, RuleScope scope)
    {
        if (direction == Direction.Out)
        {
            findings.Add(path, "A packet on its way out is in no tunnel to take it from; use a group of direction in.");
        }

        if (decap.Port is null)
        {
            return;
        }

        PortExists($"{path}.decap.port", decap.Port);
        if (scope.HasNoUplink)
        {
            findings.Add($"{path}.decap.port", "Only rules on uplinks choose the port that a packet is delivered to.");
        }
    }

    private void Modify(string path, RuleAction.Modify modify)
    {
        if (modify == new RuleAction.Modify())
        {
            findings.Add(path, "Modifies nothing: give at least one field.");
        }

        if (modify.SourceMac is { } source)
        {
            findings.StationMac($"{path}.sourceMac", source);
        }

        if (modify.DestinationMac is { IsZero: true })
        {
            findings.Add($"{path}.destinationMac", "Expected a MAC address, found 00:00:00:00:00:00.");
        }

        if (modify.Dscp > 63)
        {
            findings.Add($"{path}.dscp", $"Expected a DSCP from 0 to 63, found {modify.Dscp}.");
        }

        if (modify.PushVlan > 4095)
        {
            findings.Add($"{path}.pushVlan", $"Expected a VLAN id from 0 to 4095, found {modify.PushVlan}.");
        }
    }

    private void RateLimit(string path, RuleAction.RateLimit limit)
    {
        if (limit.PacketsPerSecond is null && limit.BitsPerSecond is null)
        {
            findings.Add(path, "Limits nothing: give packetsPerSecond or bitsPerSecond.");
        }

        if (limit.PacketsPerSecond <= 0)
        {
            findings.Add($"{path}.packetsPerSecond", "Expected a rate above 0.");
        }

        if (limit.BitsPerSecond <= 0)
        {
            findings.Add($"{path}.bitsPerSecond", "Expected a rate above 0.");
        }

        if (limit.Burst <= TimeSpan.Zero)
        {
            findings.Add($"{path}.burst", "Expected a time above 0.");
        }
    }

    private void PortExists(string path, string name)
    {
        if (!index.Ports.ContainsKey(name))
        {
            findings.Dangling(path, "port", name, index.Ports.Keys);
        }
    }

    private void NewPort(string path, ushort? port)
    {
        if (port == 0)
        {
            findings.Add(path, "Expected a port from 1 to 65535, found 0.");
        }
    }

    private void NewAddress(string path, IpAddress? address, Families families)
    {
        if (address is { } value && findings.StationAddress(path, value))
        {
            SameFamily(path, value, families);
        }
    }

    private void SameFamily(string path, IpAddress address, Families families)
    {
        if ((families & address.Family.ToSet()) == Families.None)
        {
            findings.Add(path, $"{address} is of another family than the packets that the rule matches.");
        }
    }
}
