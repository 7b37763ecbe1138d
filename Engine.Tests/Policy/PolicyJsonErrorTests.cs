using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Policy;

/// <summary>Mistakes of form: each case spoils the sample in one place and asks for path, line and message.</summary>
public sealed class PolicyJsonErrorTests
{
    public static TheoryData<string, string, string, string> Mistakes => new()
    {
        { "\"version\": 1", "\"version\": 2", "$.version", "Expected 1, the version of this form, found 2." },
        { "\"version\": 1,", "", "$", "Required key \"version\" is missing (policy)." },
        { "\"neighbors\":", "\"neighbours\":", "$.neighbours", "did you mean \"neighbors\"?" },
        { "\"ttl\": 32", "\"zzzzzz\": 32", "$.networks[0].tunnel.zzzzzz", "expected \"kind\", \"udpPort\"" },
        {
            "\"kind\": \"endpoint\"",
            "\"kind\": \"tenant\"",
            "$.ports[0].kind",
            "Expected \"endpoint\", \"uplink\" or \"host\", found \"tenant\"."
        },
        { "\"kind\": \"endpoint\"", "\"kind\": null", "$.ports[0].kind", "found null." },
        { "\"name\": \"db\", ", "", "$.ports[0]", "Required key \"name\" is missing (port)." },
        { "\"name\": \"db\"", "\"name\": 7", "$.ports[0].name", "Expected a name, found 7." },
        { "\"name\": \"db\"", "\"name\": \"db\", \"name\": \"b\"", "$.ports[0].name", "Key \"name\" is given twice" },
        {
            "\"name\": \"db\"",
            "\"reservedBitsMask\": \"0xff\", \"name\": \"db\"",
            "$.ports[0].reservedBitsMask",
            "Expected the bits of eight bytes"
        },
        {
            "\"name\": \"db\"",
            "\"reservedBitsMask\": \"f7ffffff000000ff00\", \"name\": \"db\"",
            "$.ports[0].reservedBitsMask",
            "Expected the bits of eight bytes"
        },
        {
            "\"name\": \"db\"",
            "\"reservedBitsMask\": \"0xf7ffffff000000fg\", \"name\": \"db\"",
            "$.ports[0].reservedBitsMask",
            "Expected the bits of eight bytes"
        },
        {
            "\"name\": \"db\"",
            "\"reservedBitsMask\": 255, \"name\": \"db\"",
            "$.ports[0].reservedBitsMask",
            "Expected the bits of eight bytes"
        },
        { "02:42:0a:00:02:05", "02:42:0a:00:02", "$.ports[0].mac", "Expected a MAC address such as" },
        { "\"10.0.2.5,fd02::5\"", "\"10.0.2.5,fd02::x\"", "$.ports[0].addresses", "found \"fd02::x\"." },
        { "\"172.31.9.1\", ", "\"172.31.9.256\", ", "$.ports[1].addresses[0]", "Expected an address such as" },
        {
            "\"10.0.2.0/24\", \"fd02::/64\"",
            "\"10.0.2.1/24\"",
            "$.networks[0].subnets[0]",
            "Expected a prefix such as"
        },
        {
            "\"vni\": 5001,",
            "\"vni\": 16777216,",
            "$.networks[0].vni",
            "Expected a whole number from 0 to 16777215, found 16777216."
        },
        { "\"vni\": 5001,", "\"vni\": 5001.5,", "$.networks[0].vni", "found 5001.5." },
        { "\"vni\": 5001,", "\"vni\": \"5001\",", "$.networks[0].vni", "found \"5001\"." },
        { "\"ttl\": 32", "\"ttl\": 256", "$.networks[0].tunnel.ttl", "from 0 to 255" },
        { "50000-50999", "50999-50000", "$.networks[0].tunnel.sourcePorts", "Expected a number or a range" },
        {
            "\"vtep\": \"172.31.9.9\"",
            "\"vtep\": \"172.31.9.9\", \"vteps\": \"172.31.9.8\"",
            "$.networks[0].routes[0].vteps",
            "says again"
        },
        { "\"vtep\": \"172.31.9.9\", ", "", "$.networks[0].routes[0]", "Required key \"vteps\" is missing (route)." },
        {
            "\"ports\": [\"db\"], \"priority\": 100",
            "\"ports\": \"db\", \"priority\": 100",
            "$.layers[0].ports",
            "Expected an array, found \"db\"."
        },
        {
            "\"tunnel\": { \"ttl\": 32, \"sourcePorts\": \"50000-50999\", \"dontFragment\": \"copy\" }",
            "\"tunnel\": 5",
            "$.networks[0].tunnel",
            "Expected an object (tunnel), found 5."
        },
        { "\"@offices,10.0.0.0/8\"", "\"@,10.0.0.0/8\"", "$.addressSets.all", "found \"@\"." },
        { "\"neighbors\": [ {", "\"neighbors\": [ 5, {", "$.neighbors[0]", "Expected an object (neighbor), found 5." },
        {
            "\"stateful\": true, \"default\": \"block\"",
            "\"stateful\": 1, \"default\": \"block\"",
            "$.layers[0].stateful",
            "Expected true or false, found 1."
        },
        {
            "\"direction\": \"in\", \"condition\"",
            "\"direction\": \"inbound\", \"condition\"",
            "$.layers[0].groups[1].direction",
            "Expected \"out\" or \"in\", found \"inbound\"."
        },
        {
            "\"protocol\": \"tcp,udp\"",
            "\"protocol\": \"tcp,upd\"",
            "$.layers[0].groups[1].condition.protocol",
            "found \"upd\"."
        },
        {
            "\"protocol\": \"tcp,udp\"",
            "\"protocol\": [6, 256]",
            "$.layers[0].groups[1].condition.protocol[1]",
            "a protocol: a number up to 255"
        },
        {
            "\"5432,8000-8099\"",
            "\"5432,8000-65536\"",
            "$.layers[0].groups[1].rules[0].match.destinationPorts",
            "from 0 to 65535, found \"8000-65536\"."
        },
        { "\"5432,8000-8099\"", "[]", "$.layers[0].groups[1].rules[0].match.destinationPorts", "found an empty array" },
        {
            "\"@all,!10.0.2.9\"",
            "\"@all,!10.0.2.9/33\"",
            "$.layers[0].groups[1].rules[0].match.source",
            "found \"!10.0.2.9/33\"."
        },
        {
            "\"match\": { \"vni\": 5001 }",
            "\"match\": { \"vni\": 16777216 }",
            "$.layers[2].groups[1].rules[0].match.vni",
            "from 0 to 16777215"
        },
        {
            "\"match\": { \"vni\": 5001 }",
            "\"match\": { \"fragment\": \"last\" }",
            "$.layers[2].groups[1].rules[0].match.fragment",
            "Expected \"none\", \"first\" or \"later\""
        },
        {
            "\"match\": { \"vni\": 5001 }",
            "\"match\": { \"etherType\": \"88cc\" }",
            "$.layers[2].groups[1].rules[0].match.etherType",
            "an EtherType such as"
        },
        { "\"30m\"", "\"30 minutes\"", "$.layers[0].groups[1].rules[0].idleTimeout", "Expected a duration such as" },
        { "\"30m\"", "30", "$.layers[0].groups[1].rules[0].idleTimeout", "found 30." },
        {
            "\"action\": \"decap\"",
            "\"action\": \"deny\"",
            "$.layers[2].groups[1].rules[0].action",
            "\"allow\", \"block\", \"decap\" or \"hairpin\""
        },
        {
            "\"action\": \"decap\"",
            "\"action\": \"nat\"",
            "$.layers[2].groups[1].rules[0].action",
            "\"nat\" is an object"
        },
        { "\"action\": \"decap\"", "\"action\": {}", "$.layers[2].groups[1].rules[0].action", "found an empty object" },
        {
            "\"action\": \"decap\"",
            "\"action\": { \"encaps\": {} }",
            "$.layers[2].groups[1].rules[0].action.encaps",
            "did you mean \"encap\"?"
        },
        {
            "\"action\": \"decap\"",
            "\"action\": { \"redirect\": \"up\" }",
            "$.layers[2].groups[1].rules[0].action.redirect",
            "Expected an object (redirect), found \"up\"."
        },
        {
            "\"action\": \"decap\"",
            "\"action\": { \"meter\": { \"name\": \"a\" }, \"mirror\": { \"port\": \"up\" } }",
            "$.layers[2].groups[1].rules[0].action.mirror",
            "one action"
        },
        {
            "\"network\": \"green\" } }",
            "\"network\": \"green\", \"vni\": 3 } }",
            "$.layers[2].groups[0].rules[1].action.encap.vni",
            "Unknown key \"vni\""
        },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_of_form_is_told_once_with_path_and_line(
        string right, string wrong, string path, string message)
    {
        string text = Replace(right, wrong);
        var exception = Assert.Throws<PolicyException>(() => PolicyJson.Parse(text, "sample.json"));
        PolicyError error = Assert.Single(exception.Errors);
        Assert.Equal(path, error.Path);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(LineOf(right, path), error.Line);
        Assert.StartsWith($"sample.json:{error.Line}: {path}: ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("{\n\"version\": 1\n", 3)]
    [InlineData("{\n\"version\": 1,\n\"ports\": [}", 3)]
    [InlineData("{\n\"version\": 01}", 2)]
    [InlineData("{ \"version\": 1 }\n{}", 2)]
    [InlineData("{\n\"version\": 1, \"$schema\": \"\\ud800\" }", 2)]
    public void A_text_that_is_not_json_is_one_error_with_its_line(string text, int line)
    {
        var exception = Assert.Throws<PolicyException>(() => PolicyJson.Parse(text));
        PolicyError error = Assert.Single(exception.Errors);
        Assert.Equal(line, error.Line);
        Assert.StartsWith("Not JSON: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_nested_too_deep_is_an_error()
    {
        var exception = Assert.Throws<PolicyException>(() => PolicyJson.Parse(new string('[', 100_000)));
        Assert.StartsWith("Not JSON: ", Assert.Single(exception.Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_that_is_no_object_is_an_error()
    {
        var exception = Assert.Throws<PolicyException>(() => PolicyJson.Parse("[]"));
        Assert.Equal("Expected an object (policy), found an empty array.", Assert.Single(exception.Errors).Message);
    }

    [Fact]
    public void Mistakes_of_form_and_of_meaning_are_told_together_in_the_order_of_the_text()
    {
        string text = Replace("\"kind\": \"uplink\"", "\"kind\": \"uplnk\"")
            .Replace(
                "\"vni\": 5001, \"subnets\"",
                "\"vnii\": 5001, \"vni\": 5001, \"subnets\"",
                StringComparison.Ordinal)
            .Replace("\"protocol\": \"udp\"", "\"protocol\": \"icmp\"", StringComparison.Ordinal)
            .Replace("\"network\": \"green\" } }", "\"network\": \"gren\" } }", StringComparison.Ordinal)
            .Replace("\"30m\"", "\"0s\"", StringComparison.Ordinal);
        var exception = Assert.Throws<PolicyException>(() => PolicyJson.Parse(text));
        Assert.Equal(
            [
                "$.ports[1].kind",
                "$.networks[0].vnii",
                "$.layers[0].groups[1].rules[0].idleTimeout",
                "$.layers[1].groups[0].rules[0].match.destinationPorts",
                "$.layers[2].groups[0].rules[1].action.encap.network",
            ],
            exception.Errors.Select(error => error.Path));
        int[] lines = exception.Errors.Select(error => error.Line).ToArray();
        Assert.Equal(lines.Order(), lines);
        Assert.DoesNotContain(0, lines);
    }

    [Fact]
    public void A_mistake_of_meaning_has_the_line_of_the_value_or_of_what_it_is_missing_from()
    {
        string text = Replace("\"port\": \"up\"", "\"port\": \"upp\"")
            .Replace("\"network\": \"green\", \"mac\"", "\"mac\"", StringComparison.Ordinal);
        var exception = Assert.Throws<PolicyException>(() => PolicyJson.Parse(text));
        Assert.Equal(
            [
                new PolicyError(
                    "$.ports[0].network", "An endpoint needs a network.", LineOf("\"name\": \"db\"", "")),
                new PolicyError(
                    "$.neighbors[0].port",
                    "No port is called \"upp\". Did you mean \"up\"?",
                    LineOf("\"neighbors\"", "")),
            ],
            exception.Errors);
    }

    [Fact]
    public void A_set_name_that_is_no_plain_word_is_quoted_in_the_path()
    {
        const string Text = """
            { "version": 1,
              "addressSets": {
                "a.b": "@nowhere" } }
            """;
        var exception = Assert.Throws<PolicyException>(() => PolicyJson.Parse(Text));
        PolicyError error = Assert.Single(exception.Errors);
        Assert.Equal("$.addressSets['a.b']", error.Path);
        Assert.Equal(3, error.Line);
    }

    private static string Replace(string right, string wrong)
    {
        int at = PolicySamples.Overlay.IndexOf(right, StringComparison.Ordinal);
        Assert.True(at >= 0, $"The sample does not hold {right}");
        return PolicySamples.Overlay[..at] + wrong + PolicySamples.Overlay[(at + right.Length)..];
    }

    private static int LineOf(string text, string path)
    {
        int at = PolicySamples.Overlay.IndexOf(text, StringComparison.Ordinal);
        return path == "$" ? 1 : PolicySamples.Overlay[..at].Count(c => c == '\n') + 1;
    }
}
