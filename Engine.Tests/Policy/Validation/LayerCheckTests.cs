using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Policy.PolicyMistakes;

namespace VxlanEngine.Tests.Policy.Validation;

/// <summary>Mistakes of meaning in layers and groups.</summary>
public sealed class LayerCheckTests
{
    public static TheoryData<string, string, Layer> LayerMistakes()
    {
        Layer acl = Right.Layers[0];
        Group group = acl.Groups[0];
        return new()
        {
            { ".name", "found ','", acl with { Name = "a,b" } },
            { ".name", "Another layer is called \"nat\"", acl with { Name = "nat" } },
            { ".priority", "has priority 200 on port \"db\" already", acl with { Priority = 200 } },
            { ".priority", "found -1", acl with { Priority = -1 } },
            { ".ports[1]", "No port is called \"web\"", acl with { Ports = ["db", "web"] } },
            { ".ports[1]", "bound to port \"db\" already", acl with { Ports = ["db", "db"] } },
            { ".groups[1].name", "Another group", acl with { Groups = [group, group] } },
            { ".groups[0].priority", "found -5", acl with { Groups = [group with { Priority = -5 }] } },
            {
                ".groups[0].rules[1].id",
                "Another rule",
                acl with { Groups = [group with { Rules = [group.Rules[1], group.Rules[1]] }] }
            },
            {
                ".groups[0].rules[0].idleTimeout",
                "above 0",
                acl with { Groups = [group with { Rules = [group.Rules[0] with { IdleTimeout = TimeSpan.Zero }] }] }
            },
            {
                ".groups[0].rules[0].priority",
                "found -1",
                acl with { Groups = [group with { Rules = [group.Rules[0] with { Priority = -1 }] }] }
            },
            {
                ".groups[0].condition.destination",
                "another family",
                acl with
                {
                    Groups =
                    [
                        new Group
                        {
                            Name = "g",
                            Direction = Direction.Out,
                            Source = "10.0.0.0/8",
                            Destination = "fd00::/8",
                        },
                    ],
                }
            },
            {
                ".groups[0].rules[0].match.family",
                "the group lets no IPv6",
                acl with
                {
                    Groups =
                    [
                        new Group
                        {
                            Name = "g",
                            Direction = Direction.Out,
                            Family = IpFamily.V4,
                            Rules =
                            [
                                new Rule
                                {
                                    Id = "r",
                                    Match = new() { Family = IpFamily.V6 },
                                    Action = new RuleAction.Allow(),
                                },
                            ],
                        },
                    ],
                }
            },
        };
    }

    [Theory]
    [MemberData(nameof(LayerMistakes))]
    public void A_mistaken_layer_is_told(string path, string message, Layer layer)
    {
        // The layer stands last, so that what it repeats is its own mistake.
        SwitchPolicy policy = Right with { Layers = [Right.Layers[1], Right.Layers[2], layer] };
        Expect(policy, $"$.layers[2]{path}", message);
    }
}
