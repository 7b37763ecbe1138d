using System.Diagnostics;

namespace VxlanEngine.Tests.Live;

/// <summary>Runs programs, each bounded in time.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string> Interpreter = new(FindInterpreter);

    /// <summary>
    /// The Python interpreter itself: <c>python3</c> may be a script that looks for it, which takes longer than what
    /// the tests have it do.
    /// </summary>
    public static string Python => Interpreter.Value;

    /// <summary>Runs a command line of words without blanks inside, and fails when the command does.</summary>
    public static string Run(string line)
    {
        (int code, string output) = Try(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return code == 0 ? output : throw new InvalidOperationException($"{line}: exit code {code}: {output}");
    }

    /// <summary>Runs a command.</summary>
    /// <returns>Its exit code, and what it wrote to both streams.</returns>
    public static (int Code, string Output) Try(params string[] words)
    {
        using Process process = Start(words);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"not done after {Patience}");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }

    /// <summary>Starts a command.</summary>
    public static Process Start(params string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private static string FindInterpreter()
    {
        (int code, string output) = Try("python3", "-c", "import sys; print(sys.executable)");
        string path = output.Trim();
        return code == 0 && File.Exists(path) ? path : "python3";
    }
}
