using System.Text;
using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Policy;
using Xunit;

namespace VxlanEngine.Tests.Cli;

public sealed class PolicyCommandTests
{
    [Fact]
    public void Check_counts_what_a_right_policy_holds()
    {
        (int code, string output, string error) = Run(PolicySamples.Overlay, "policy", "check", "-");
        Assert.Equal(0, code);
        Assert.Equal("-: ok, 2 ports, 1 network, 3 layers, 8 rules\n", output);
        Assert.Empty(error);
    }

    [Fact]
    public void Check_tells_every_mistake_of_every_file_and_returns_1()
    {
        string good = TemporaryFile(PolicySamples.Overlay);
        string bad = TemporaryFile("{\n \"version\": 1,\n \"port\": [],\n \"layer\": 5 }");
        try
        {
            (int code, string output, string error) = Run("", "policy", "check", bad, good, good + ".missing");
            Assert.Equal(1, code);
            Assert.Equal($"{good}: ok, 2 ports, 1 network, 3 layers, 8 rules\n", output);
            string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(3, lines.Length);
            Assert.Equal($"{bad}:3: $.port: Unknown key \"port\"; did you mean \"ports\"?", lines[0]);
            Assert.Equal($"{bad}:4: $.layer: Unknown key \"layer\"; did you mean \"layers\"?", lines[1]);
            Assert.StartsWith($"{good}.missing: ", lines[2], StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(good);
            File.Delete(bad);
        }
    }

    [Fact]
    public void Show_tells_which_vteps_are_watched()
    {
        string path = RepositoryFiles.PathOf("pcaps/vteps-watched-by-bfd/policy.json");
        (int code, string output, _) = Run("", "policy", "show", path);
        Assert.Equal(0, code);
        Assert.Contains(
            "bfd with 172.31.0.2,172.31.0.3 in vni 1: tx 100ms, rx 100ms, multiplier 3",
            output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Show_tells_which_keys_sessions_have_and_no_secret()
    {
        string path = RepositoryFiles.PathOf("pcaps/bfd-authenticated/policy.json");
        (int code, string output, _) = Run("", "policy", "show", path);
        Assert.Equal(0, code);
        Assert.Contains(
            "multiplier 3, meticulous keyed sha1 with key 7 or key 8", output, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_lists_layers_in_the_order_of_traversal_with_rules_in_words()
    {
        (int code, string output, string error) = Run(PolicySamples.Overlay, "policy", "show", "-");
        Assert.Equal(0, code);
        Assert.Empty(error);
        int acl = output.IndexOf("Layer acl, priority 100, stateful, default block, on db", StringComparison.Ordinal);
        int nat = output.IndexOf("Layer nat", StringComparison.Ordinal);
        int vnet = output.IndexOf("Layer vnet", StringComparison.Ordinal);
        Assert.True(acl >= 0 && acl < nat && nat < vnet, output);
        Assert.Contains("acl/in, in, priority 1000, only ipv4 tcp,udp", output, StringComparison.Ordinal);
        Assert.Contains("udp to 10.0.2.250 port 53", output, StringComparison.Ordinal);
        Assert.Contains("nat destination 10.0.2.6:5353", output, StringComparison.Ordinal);
        Assert.Contains("vtep fd39::3", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public void Show_draws_tables_for_a_person_at_a_terminal()
    {
        (int code, string output, _) = Run(PolicySamples.Overlay, isTerminal: true, "policy", "show", "-");
        Assert.Equal(0, code);
        Assert.Contains('╭', output);
        Assert.DoesNotContain('\u001b', output);
        Assert.Contains("10.0.2.6:5353", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_as_json_prints_the_canonical_form()
    {
        (int code, string output, _) = Run(PolicySamples.Overlay, "policy", "show", "-", "--json");
        Assert.Equal(0, code);
        Assert.Equal(PolicyJson.ToJson(PolicyJson.Parse(PolicySamples.Overlay)), output);
    }

    [Fact]
    public void Show_of_a_mistaken_policy_prints_only_errors_and_returns_1()
    {
        (int code, string output, string error) = Run("{}", "policy", "show", "-");
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.Equal("standard input:1: $: Required key \"version\" is missing (policy).\n", error);
    }

    [Fact]
    public void Schema_prints_the_json_schema()
    {
        (int code, string output, _) = Run("", "policy", "schema");
        Assert.Equal(0, code);
        using JsonDocument schema = JsonDocument.Parse(output);
        Assert.Equal(
            "https://json-schema.org/draft/2020-12/schema",
            schema.RootElement.GetProperty("$schema").GetString());
    }

    [Theory]
    [InlineData]
    [InlineData("frobnicate")]
    [InlineData("policy")]
    [InlineData("policy", "check")]
    [InlineData("policy", "show", "a", "b")]
    [InlineData("policy", "show", "-", "--yaml")]
    public void A_command_line_that_makes_no_sense_returns_2_and_says_so_on_the_error_stream(params string[] args)
    {
        (int code, string output, string error) = Run("", args);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.StartsWith("vxe: ", error, StringComparison.Ordinal);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_goes_to_the_output_and_returns_0()
    {
        (int code, string output, string error) = Run("", "policy", "--help");
        Assert.Equal(0, code);
        Assert.Contains("schema", output, StringComparison.Ordinal);
        Assert.Empty(error);
    }

    private static (int Code, string Output, string Error) Run(string input, params string[] args) =>
        Run(input, isTerminal: false, args);

    private static (int Code, string Output, string Error) Run(string input, bool isTerminal, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Program.Run(
            args,
            new CommandIo
            {
                OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
                Output = output,
                Error = error,
                IsTerminal = isTerminal,
                IsPlain = true,
            });
        return (code, output.ToString(), error.ToString());
    }

    private static string TemporaryFile(string text)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        return path;
    }
}
