using VxlanEngine.Policy;
using Xunit;
using static VxlanEngine.Tests.Policy.PolicyMistakes;

namespace VxlanEngine.Tests.Policy;

/// <summary>
/// Mistakes of meaning: each case spoils a right policy in one place. Most are in the tests of the single checks.
/// </summary>
public sealed class PolicyValidatorTests
{
    [Fact]
    public void A_right_policy_and_the_empty_one_have_no_mistakes()
    {
        Assert.Empty(PolicyValidator.Validate(Right));
        Assert.Empty(PolicyValidator.Validate(new SwitchPolicy()));
    }

    public static TheoryData<string, string, Neighbor> NeighborMistakes()
    {
        Neighbor right = Right.Neighbors[0];
        return new()
        {
            { "$.neighbors[1].port", "No port is called \"eth9\"", right with { Port = "eth9" } },
            { "$.neighbors[1].port", "is no uplink", right with { Port = "db" } },
            { "$.neighbors[1].address", "has a neighbor 172.31.9.2 already", right },
            { "$.neighbors[1].address", "found no address", right with { Address = default } },
            { "$.neighbors[1].mac", "found none", right with { Address = Ip("172.31.9.3"), Mac = default } },
        };
    }

    [Theory]
    [MemberData(nameof(NeighborMistakes))]
    public void A_mistaken_neighbor_is_told(string path, string message, Neighbor neighbor) =>
        Expect(Right with { Neighbors = [Right.Neighbors[0], neighbor] }, path, message);

    [Fact]
    public void Errors_of_a_policy_made_in_code_have_no_line()
    {
        SwitchPolicy policy = Right with { Neighbors = [Right.Neighbors[0] with { Port = "nobody" }] };
        Assert.Equal(0, Assert.Single(PolicyValidator.Validate(policy)).Line);
    }
}
