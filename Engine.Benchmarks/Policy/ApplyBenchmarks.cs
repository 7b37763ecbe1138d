using BenchmarkDotNet.Attributes;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Policy;

/// <summary>How long does a policy of many services take to be in force, and a change of one of them?</summary>
public class ApplyBenchmarks : IDisposable
{
    private const int Endpoints = 5000;
    private const int BackendsOfService = 3;

    private SwitchPolicy _policy = null!;
    private SwitchPolicy _changed = null!;
    private VirtualSwitch _switch = null!;
    private bool _isChanged;

    /// <summary>Load-balanced services.</summary>
    [Params(100, 10_000)]
    public int Services { get; set; }

    /// <summary>Makes the policies.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _policy = PolicyOf(Enumerable.Range(0, Services).Select(Service));
        _changed = PolicyOf(Enumerable.Range(0, Services).Select(s => Service(s == Services / 2 ? s + Services : s)));
        _switch = new VirtualSwitch(_policy);
    }

    /// <summary>Frees the switch.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _switch.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>All services, in a switch that has none.</summary>
    [Benchmark(Baseline = true)]
    public uint ApplyAll()
    {
        using var vswitch = new VirtualSwitch(_policy);
        return vswitch.Generation;
    }

    /// <summary>One service changes.</summary>
    [Benchmark]
    public bool ChangeOne()
    {
        _isChanged = !_isChanged;
        return _switch.Apply(_isChanged ? _changed : _policy);
    }

    private static IpAddress EndpointAddress(int number) => new Ipv4Address(0x0A02_0001 + (uint)number);

    private static Rule Service(int number) => new()
    {
        Id = $"service-{number}",
        Match = new Match
        {
            Protocols = [IpProtocol.Tcp],
            Destination = new IpAddress(new Ipv4Address(0x0A60_0001 + (uint)number)).ToString(),
            DestinationPorts = 80,
        },
        Action = new RuleAction.LoadBalance
        {
            Backends = Enumerable.Range(0, BackendsOfService)
                .Select(b => new Backend { Address = EndpointAddress((number + b) % Endpoints), Port = 8080 })
                .ToValueArray(),
        },
    };

    private static SwitchPolicy PolicyOf(IEnumerable<Rule> services)
    {
        Layer balancing = ComparisonPolicy.Rules("lb", new RuleAction.Allow());
        balancing = balancing with { Groups = [balancing.Groups[0] with { Rules = services.ToValueArray() }] };
        SwitchPolicy policy = ComparisonPolicy.Outbound(balancing);
        IEnumerable<RemoteEndpoint> endpoints = Enumerable.Range(0, Endpoints).Select(i => new RemoteEndpoint
        {
            Addresses = [EndpointAddress(i)],
            Mac = new MacAddress(0x0242_0000_0000 + (ulong)i),
            Vtep = IpAddress.Parse("172.31.0.2"),
        });
        return policy with { Networks = [policy.Networks[0] with { Endpoints = endpoints.ToValueArray() }] };
    }
}
