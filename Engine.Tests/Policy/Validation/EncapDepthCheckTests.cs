using VxlanEngine.Policy;
using VxlanEngine.Tests.Pipeline;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Policy.Validation;

/// <summary>Layers that could put a packet into more than two tunnels.</summary>
public sealed class EncapDepthCheckTests
{
    private static readonly RuleAction Encap = new RuleAction.Encap { Network = "green" };

    [Fact]
    public void Two_layers_that_encap_are_right_and_a_third_is_told()
    {
        Assert.Empty(Errors(Of("one", "a", 1)));
        Assert.Equal(
            ["$.layers[2]: The third layer on port \"a\" that puts packets into tunnels; a packet enters two at most."],
            Errors(Of("one", "a", 1), Of("two", "a", 2)));
    }

    [Fact]
    public void Layers_of_the_endpoint_and_of_the_uplink_count_together()
    {
        Assert.Empty(Errors(Of("one", "up", 1)));
        Assert.Equal(
            [
                "$.layers[2]: Layers of port \"a\" put packets into two tunnels, and those of uplink \"up\" into a "
                    + "tunnel around; a packet enters two at most.",
            ],
            Errors(Of("one", "a", 1), Of("two", "up", 1)));
        Assert.Equal(
            [
                "$.layers[2]: Layers of port \"a\" put packets into a tunnel, and those of uplink \"up\" into two "
                    + "tunnels around; a packet enters two at most.",
            ],
            Errors(Of("one", "up", 1), Of("two", "up", 2)));
    }

    [Fact]
    public void Rules_of_one_layer_count_once_and_those_of_the_other_direction_apart()
    {
        Layer two = Of("one", "a", 1) with
        {
            Groups = [GroupOf("x", Direction.Out, Encap), GroupOf("y", Direction.Out, Encap)],
        };
        Assert.Empty(Errors(two));
        Layer onward = Of("in", "up", 1) with { Groups = [GroupOf("in", Direction.In, Encap)] };
        Assert.Empty(Errors(onward, Of("out", "up", 2)));
    }

    private static string[] Errors(params Layer[] layers) =>
        [.. PolicyValidator.Validate(Green.Policy.Plus(layers)).Select(e => $"{e.Path}: {e.Message}")];

    private static Layer Of(string name, string port, int priority) => new()
    {
        Name = name,
        Ports = [port],
        Priority = priority,
        Default = DefaultAction.Allow,
        Groups = [GroupOf("out", Direction.Out, Encap)],
    };
}
