using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>A rule of the access list: both sides get the same ones, and no frame matches any.</summary>
internal sealed record DenyRule(IpProtocol Protocol, IpPrefix Destination, int Port)
{
    /// <summary>Makes rules with prefixes of mixed lengths; the same on every run.</summary>
    public static IEnumerable<DenyRule> Make(int count)
    {
        var random = new Random(1);
        for (int i = 0; i < count; i++)
        {
            uint address = ((uint)random.Next(100, 200) << 24) | (uint)random.Next(1 << 24);
            int length = random.Next(8, 33);
            yield return new DenyRule(
                random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
                new IpPrefix(new Ipv4Address(address & (uint.MaxValue << (32 - length))), length),
                random.Next(1, 65_001));
        }
    }

    /// <summary>The rule as the engine's; the lower <paramref name="number"/> wins.</summary>
    public Rule ToRule(int number) => new()
    {
        Id = $"deny-{number}",
        Priority = 1 + number,
        Match = new Match
        {
            Protocols = [Protocol],
            Destination = Destination.ToString(),
            DestinationPorts = Port,
        },
        Action = new RuleAction.Block(),
    };

    /// <summary>The rule as Open vSwitch's; the higher <paramref name="priority"/> wins.</summary>
    public string ToFlow(int priority) =>
        $"priority={priority},in_port=p0,{(Protocol == IpProtocol.Tcp ? "tcp" : "udp")},"
        + $"nw_dst={Destination},tp_dst={Port},actions=drop";
}
