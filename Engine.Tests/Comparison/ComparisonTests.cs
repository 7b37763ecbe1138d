using System.Diagnostics;
using System.Xml.Linq;
using Xunit;

namespace VxlanEngine.Tests.Comparison;

/// <summary>The comparison with Open vSwitch (Engine.Benchmarks, --compare), as far as nothing is measured.</summary>
public class ComparisonTests
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private const string Results = "Engine.Benchmarks/Results/open-vswitch.json";
    private const string Chart = "Engine.Benchmarks/Results/open-vswitch.svg";
    private const string TableStart = "<!-- comparison: written by the tests under UPDATE_GOLDEN=1 -->\n";
    private const string TableEnd = "<!-- end of comparison -->";

    private const string IoResults = "Engine.Benchmarks/Results/io.json";
    private const string IoTableStart = "<!-- live ports: written by the tests under UPDATE_GOLDEN=1 -->\n";
    private const string IoTableEnd = "<!-- end of live ports -->";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public void Engine_and_floor_do_the_work_of_every_cell()
    {
        (int code, string output) = Run("--check");

        Assert.True(code == 0, output);
        foreach (string work in (string[])["encap", "decap", "acl", "static-nat", "nat", "ct"])
        {
            Assert.Contains($"ok      {work}-1000 engine", output, StringComparison.Ordinal);
            Assert.Contains($"ok      {work}-1000 floor", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--compare ovs --cells encap-9", "There is no cell encap-9")]
    [InlineData("--compare vpp", "--compare ovs [--cells NAME,…]")]
    [InlineData("--compare ovs --rounds", "--rounds needs a value.")]
    [InlineData("--compare ovs --rounds 0", "There is at least one round")]
    [InlineData("--measure engine", "--measure engine|floor CELL")]
    [InlineData("--flows --often", "Unknown option --often.")]
    [InlineData("--io --sides raw,carrier-pigeon", "There is no side carrier-pigeon")]
    [InlineData("--io --only speed", "Nothing is called speed")]
    [InlineData("--io --rounds 0", "There is at least one round")]
    [InlineData("--soak --ports tap", "--soak [--ports raw|xdp] [--minutes N], at least 2")]
    [InlineData("--soak --minutes 1", "--soak [--ports raw|xdp] [--minutes N], at least 2")]
    public void A_wrong_command_line_is_refused(string arguments, string message)
    {
        (int code, string output) = Run(arguments.Split(' '));

        Assert.Equal(2, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Readme_and_chart_show_the_saved_results()
    {
        string chart = Path.GetTempFileName();
        (int code, string output) =
            Run("--compare", "ovs", "--show", RepositoryFiles.PathOf(Results), "--plot", chart);
        string drawn = File.ReadAllText(chart);
        File.Delete(chart);

        Assert.True(code == 0, output);
        bool isUpdated = !IsInReadme(output, TableStart, TableEnd);
        if (isUpdated)
        {
            File.WriteAllText(RepositoryFiles.PathOf(Chart), drawn);
            return;
        }

        Assert.Equal(File.ReadAllText(RepositoryFiles.PathOf(Chart)), drawn);
        Assert.Equal("svg", XDocument.Parse(drawn).Root!.Name.LocalName);
    }

    [Fact]
    public void Readme_shows_the_saved_results_of_live_ports()
    {
        (int code, string output) = Run("--io", "--show", RepositoryFiles.PathOf(IoResults));
        Assert.True(code == 0, output);
        IsInReadme(output, IoTableStart, IoTableEnd);
    }

    // Compares with what stands between two marks, or writes it there: false then.
    private static bool IsInReadme(string output, string start, string end)
    {
        string table = output[output.IndexOf('|', StringComparison.Ordinal)..];
        string readmePath = RepositoryFiles.PathOf("README.md");
        string readme = File.ReadAllText(readmePath);
        int from = readme.IndexOf(start, StringComparison.Ordinal) + start.Length;
        string written = readme[from..readme.IndexOf(end, from, StringComparison.Ordinal)];
        if (RepositoryFiles.UpdateGolden)
        {
            File.WriteAllText(readmePath, $"{readme[..from]}{table}{readme[(from + written.Length)..]}");
            return false;
        }

        Assert.Equal(table, written);
        return true;
    }

    private static (int Code, string Output) Run(params string[] args)
    {
        string program = RepositoryFiles.PathOf($"Engine.Benchmarks/bin/{Configuration}/net10.0/Engine.Benchmarks.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"Not done after {Patience}.");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }
}
