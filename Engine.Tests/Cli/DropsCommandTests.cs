using System.Text.Json;
using VxlanEngine.Cli;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Cli;

public sealed class DropsCommandTests
{
    private static readonly DropReason[] Reasons =
        [.. Enum.GetValues<DropReason>().Where(r => r != DropReason.None)];

    [Fact]
    public void Every_reason_is_listed_with_its_meaning()
    {
        (int code, string output, string error) = Run("drops");
        Assert.Equal(0, code);
        Assert.Empty(error);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^reason +meaning$", lines[0]);
        Assert.Equal(Reasons.Select(r => r.Name()), lines[1..].Select(line => line.Split(' ')[0]));
        Assert.All(Reasons.Zip(lines[1..]), pair =>
            Assert.EndsWith($"  {pair.First.Sentence()}", pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void One_reason_is_told_with_the_scenario_that_shows_it()
    {
        (int code, string output, _) = Run("drops", "vlan-too-deep");
        Assert.Equal(0, code);
        Assert.Equal(
            "vlan-too-deep: The frame carries more VLAN tags than the engine follows.\n"
            + "To see it happen: pcaps/damaged-frames-from-a-tenant/README.md\n",
            output);
    }

    [Fact]
    public void As_json_each_line_is_an_object()
    {
        (int code, string output, _) = Run("drops", "--json");
        Assert.Equal(0, code);
        JsonElement[] rows =
        [
            .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];
        Assert.Equal(Reasons.Select(r => r.Name()), rows.Select(r => r.GetProperty("reason").GetString()));
        Assert.Equal(Reasons.Select(r => r.Sentence()), rows.Select(r => r.GetProperty("meaning").GetString()));
        Assert.Equal("captures-cut-or-not-ethernet", rows[0].GetProperty("scenario").GetString());
        Assert.Equal("egress-port-full", rows[^2].GetProperty("scenario").GetString());
        Assert.Equal("handover-lane-full", rows[^1].GetProperty("scenario").GetString());
    }

    [Fact]
    public void As_json_one_reason_is_one_line() =>
        Assert.Equal(
            """{"reason":"ttl-expired","meaning":"The TTL or hop limit ran out on the way through the router.","""
            + "\"scenario\":\"routed-through-the-gateway\"}\n",
            Run("drops", "ttl-expired", "--json").Output);

    [Theory]
    [InlineData("ttl")]
    [InlineData("none")]
    [InlineData("TtlExpired")]
    public void An_unknown_reason_is_a_usage_error(string name)
    {
        (int code, string output, string error) = Run("drops", name);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal($"vxe: no packet is dropped for '{name}'; 'vxe drops' lists the reasons.\n", error);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var io = new CommandIo { OpenInput = () => Stream.Null, Output = output, Error = error };
        return (Program.Run(args, io), output.ToString(), error.ToString());
    }
}
