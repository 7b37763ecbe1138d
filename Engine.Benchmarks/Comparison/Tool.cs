using System.Diagnostics;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>Other programs.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it has written to its standard output.</returns>
    /// <exception cref="ComparisonException">It could not be started or failed; says what it wrote.</exception>
    public static string Run(string program, IEnumerable<string> arguments, string? input = null)
    {
        (int code, string output, string errors) = TryRun(program, arguments, input);
        return code == 0
            ? output
            : throw new ComparisonException(
                $"{program} {string.Join(' ', arguments)}: exit code {code}\n{output}{errors}".TrimEnd());
    }

    /// <summary>Runs a program to its end, whatever that is.</summary>
    /// <exception cref="ComparisonException">It could not be started.</exception>
    public static (int Code, string Output, string Errors) TryRun(
        string program, IEnumerable<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            process.WaitForExit();
            return (process.ExitCode, output.Result, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ComparisonException($"{program}: {e.Message}", e);
        }
    }
}
