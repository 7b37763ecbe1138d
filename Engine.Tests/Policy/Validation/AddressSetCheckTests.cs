using VxlanEngine.Policy;
using Xunit;
using static VxlanEngine.Tests.Policy.PolicyMistakes;

namespace VxlanEngine.Tests.Policy.Validation;

/// <summary>Mistakes of meaning in address sets.</summary>
public sealed class AddressSetCheckTests
{
    public static TheoryData<string, string, AddressSet[]> SetMistakes() => new()
    {
        { "$.addressSets.a", "contains itself: a → a", [Set("a", "@a")] },
        { "$.addressSets.a", "contains itself: a → b → a", [Set("a", "@b"), Set("b", "10.0.0.0/8,@a")] },
        { "$.addressSets.b", "contains itself: b → a → b", [Set("a", "@b"), Set("b", "10.0.0.0/8,@a")] },
        {
            "$.addressSets.a[1]",
            "No address set is called \"offfices\". Did you mean \"offices\"?",
            [Set("a", "10.0.0.0/8,@offfices")]
        },
        { "$.addressSets.offices", "Another address set", [Set("offices", "10.0.0.0/8")] },
        { "$.addressSets['a/b']", "found '/'", [Set("a/b", "10.0.0.0/8")] },
    };

    [Theory]
    [MemberData(nameof(SetMistakes))]
    public void A_mistaken_address_set_is_told(string path, string message, AddressSet[] sets) =>
        Expect(
            Right with { AddressSets = [.. Right.AddressSets, .. sets] }, path, message, others: sets.Length > 1);

    [Fact]
    public void Sets_that_are_nested_without_end_are_told_and_shared_ones_are_not_walked_again()
    {
        AddressSet[] chain =
        [
            .. Enumerable.Range(0, 50_000).Select(i => Set($"s{i}", $"@s{i + 1}")),
            Set("s50000", "10.0.0.1"),
        ];
        IReadOnlyList<PolicyError> errors = PolicyValidator.Validate(
            new SwitchPolicy { AddressSets = chain.ToValueArray() });
        Assert.Equal(50_001 - 32, errors.Count);
        Assert.All(errors, error => Assert.Contains("more than 32 deep", error.Message, StringComparison.Ordinal));

        // Each of these holds the next one twice: walked naively, that is 2³⁰ visits.
        AddressSet[] diamonds =
        [
            .. Enumerable.Range(0, 30).Select(i => Set($"s{i}", $"@s{i + 1},@s{i + 1}")),
            Set("s30", "10.0.0.1"),
        ];
        SwitchPolicy policy = WithRule(
            new() { Source = "@s0", Destination = "fd00::1" },
            new RuleAction.Allow(),
            Direction.In);
        policy = policy with { AddressSets = [.. policy.AddressSets, .. diamonds] };
        Expect(policy, "$.layers[0].groups[0].rules[0].match.destination", "another family");
    }
}
