using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace VxlanEngine.Tests;

/// <summary>A program of others that reads captures, such as tshark.</summary>
/// <remarks>
/// What it says follows from its version, its arguments and the capture, so each answer is kept beside the build's
/// output for a week: starting a decoder is most of its work, and the tests of another configuration ask the same.
/// </remarks>
internal sealed class Decoder
{
    // Seconds are enough, even on a busy machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _program;
    private readonly Lazy<string?> _version;
    private readonly Lazy<string> _answers = new(OpenAnswers);

    public Decoder(string program)
    {
        _program = program;
        _version = new Lazy<string?>(ReadVersion);
    }

    /// <summary>True when the program can be started.</summary>
    public bool IsInstalled => _version.Value is not null;

    /// <summary>Lets the program read a capture.</summary>
    /// <param name="capture">The capture; handed over with <c>-r</c>.</param>
    /// <param name="arguments">Everything else.</param>
    /// <returns>Its exit code, what it printed, and what it complained of.</returns>
    public (int Code, string Output, string Error) Read(string capture, params string[] arguments)
    {
        string answer = Path.Combine(_answers.Value, NameOf(capture, arguments));
        if (File.Exists(answer))
        {
            File.SetLastWriteTimeUtc(answer, DateTime.UtcNow);
            return (0, File.ReadAllText(answer), string.Empty);
        }

        (int code, string output, string error) = Run(["-r", capture, .. arguments]);
        if (code == 0)
        {
            string unfinished = $"{answer}.{Guid.NewGuid():N}";
            File.WriteAllText(unfinished, output);
            File.Move(unfinished, answer, overwrite: true);
        }

        return (code, output, error);
    }

    /// <summary>Runs the program.</summary>
    /// <exception cref="Win32Exception">It is not installed.</exception>
    /// <exception cref="TimeoutException">It does not end.</exception>
    public (int Code, string Output, string Error) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(_program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TZ"] = "UTC";
        using Process process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        using CancellationTokenRegistration end = limit.Token.Register(process.Kill);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return limit.IsCancellationRequested
            ? throw new TimeoutException($"{_program} ran for more than {Limit}: {string.Join(' ', arguments)}")
            : (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private static string OpenAnswers()
    {
        DirectoryInfo folder = Directory.CreateDirectory(RepositoryFiles.PathOf("Engine.Tests/obj/decoded"));
        foreach (FileInfo old in folder.EnumerateFiles().Where(f => f.LastWriteTimeUtc < DateTime.UtcNow.AddDays(-7)))
        {
            old.Delete();
        }

        return folder.FullName;
    }

    private string NameOf(string capture, string[] arguments)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{_version.Value}\0{string.Join('\0', arguments)}\0"));
        hash.AppendData(File.ReadAllBytes(capture));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private string? ReadVersion()
    {
        try
        {
            return Run("--version").Output;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
