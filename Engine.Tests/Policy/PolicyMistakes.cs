using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Policy;

/// <summary>A right policy to be spoilt in one place, and what must then be told.</summary>
internal static class PolicyMistakes
{
    public static SwitchPolicy Right { get; } = PolicyJson.Parse(PolicySamples.Overlay);

    public static SwitchPolicy WithRule(Match match, RuleAction action, Direction direction, string port = "db")
    {
        var layer = new Layer
        {
            Name = "l",
            Ports = port == "db" ? ["db"] : [port],
            Priority = 1,
            Default = DefaultAction.Allow,
            Groups =
            [
                new Group
                {
                    Name = "g",
                    Direction = direction,
                    Rules = [new Rule { Id = "r", Match = match, Action = action }],
                },
            ],
        };
        return Right with
        {
            Layers = [layer, Right.Layers[2]],
            AddressSets = [.. Right.AddressSets, Set("v4", "10.0.0.0/8"), Set("mixed", "@v4,fd00::/8")],
        };
    }

    public static void Expect(SwitchPolicy policy, string path, string message, bool others = false)
    {
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(policy);
        Assert.Contains(errors, e => e.Path == path && e.Message.Contains(message, StringComparison.Ordinal));
        if (!others)
        {
            Assert.Single(errors);
        }
    }

    public static AddressSet Set(string name, string addresses) => new() { Name = name, Addresses = addresses };

    public static IpAddress Ip(string text) => IpAddress.Parse(text);

    public static IpPrefix Net(string text) => IpPrefix.Parse(text);

    public static MacAddress Mac(string text) => MacAddress.Parse(text);
}
