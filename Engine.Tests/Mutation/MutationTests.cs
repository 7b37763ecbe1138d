using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace VxlanEngine.Tests.Mutation;

/// <summary>Damaged frames through the whole pipeline, in a process of its own (Engine.Benchmarks, --mutate).</summary>
public partial class MutationTests
{
#if DEBUG
    // A debug build takes several times as long for the same ways through the code.
    private const string Configuration = "Debug";
    private const int MinimumCases = 150_000;
#else
    private const string Configuration = "Release";
    private const int MinimumCases = 500_000;
#endif

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4); // Seconds, unless the machine is busy.

    [SkippableFact]
    [Trait("Scenario", "MF01"), Trait("Scenario", "MF02")]
    public void Mutated_and_cut_frames_break_nothing()
    {
        string[] captures = RepositoryFiles.SharedPcaps is null
            ? [RepositoryFiles.PathOf("pcaps")]
            : [RepositoryFiles.PathOf("pcaps"), RepositoryFiles.SharedPcaps];
        string output = Mutate(["--cases", MinimumCases.ToString(CultureInfo.InvariantCulture), .. captures]);
        Match summary = Summary().Match(output);
        Assert.True(summary.Success, output);
        Assert.Equal("0", summary.Groups["faults"].Value);
        Assert.InRange(Number(summary, "cases"), MinimumCases, int.MaxValue);

        // The damage must not be such that every frame ends at the first check.
        Assert.InRange(Number(summary, "forwarded"), MinimumCases / 20, int.MaxValue);
        Assert.InRange(Number(summary, "dropped"), MinimumCases / 20, int.MaxValue);
    }

    [SkippableFact]
    public void A_touch_outside_of_a_buffer_is_reported_with_its_frame()
    {
        string folder = Directory.CreateTempSubdirectory("mutation").FullName;
        try
        {
            (int code, string output) = Run(["--fault-after", "1000", "--cases", "0", "--save", folder]);
            Assert.Equal(1, code);
            Assert.Contains("saved ", output, StringComparison.Ordinal);
            string saved = Assert.Single(Directory.GetFiles(folder, "*.pcap"));
            using var reader = VxlanEngine.Ports.Captures.CaptureReader.Open(saved);
            Assert.True(reader.TryRead(out _));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Mutate(string[] args)
    {
        string folder = Directory.CreateTempSubdirectory("mutation").FullName;
        (int code, string output) = Run(["--save", folder, .. args]);
        Assert.True(code == 0, output);
        Directory.Delete(folder, recursive: true);
        return output;
    }

    private static (int Code, string Output) Run(string[] args)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Guard pages are made with Linux system calls.");
        string program = RepositoryFiles.PathOf($"Engine.Benchmarks/bin/{Configuration}/net10.0/Engine.Benchmarks.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, "--mutate", .. args])
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

    private static int Number(Match summary, string name) =>
        int.Parse(summary.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^cases=(?<cases>\d+) frames=\d+ forwarded=(?<forwarded>\d+) dropped=(?<dropped>\d+) .*faults=(?<faults>\d+)$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Summary();
}
