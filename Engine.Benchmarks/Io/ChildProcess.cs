using System.Diagnostics;
using System.Text;
using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>A program that runs until it is told to stop.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly StringBuilder _said = new();
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <exception cref="ComparisonException">It cannot be started.</exception>
    public ChildProcess(params string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ComparisonException($"{words[0]}: {e.Message}", e);
        }

        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    /// <summary>What it has written so far.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>The benchmarks' own program, with other arguments.</summary>
    public static string[] Self(params string[] arguments) =>
        ["dotnet", "exec", typeof(ChildProcess).Assembly.Location, .. arguments];

    /// <summary>Waits for something that it brings about.</summary>
    /// <exception cref="ComparisonException">It does not, or has ended.</exception>
    public void WaitUntil(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (_process.HasExited || clock.Elapsed > Patience)
            {
                throw new ComparisonException($"{_process.StartInfo.FileName}: {what} in vain.\n{Said}");
            }

            Thread.Sleep(10);
        }
    }

    /// <summary>Waits until it has written a text.</summary>
    public void WaitFor(string text) =>
        WaitUntil(() => Said.Contains(text, StringComparison.Ordinal), $"waited for '{text}'");

    /// <summary>Waits for its end.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="ComparisonException">It does not end, or failed.</exception>
    public string WaitForEnd()
    {
        if (!_process.WaitForExit(Patience + Patience))
        {
            throw new ComparisonException($"{_process.StartInfo.FileName} does not end.\n{Said}");
        }

        // The lines that are still on their way.
        _process.WaitForExit();
        return _process.ExitCode == 0
            ? Said
            : throw new ComparisonException(
                $"{string.Join(' ', _process.StartInfo.ArgumentList)}: exit code {_process.ExitCode}\n{Said}");
    }

    /// <summary>Tells it to stop, and waits for its end.</summary>
    /// <returns>What it wrote.</returns>
    public string Stop()
    {
        Linux.Signal(Id, Linux.SigTerm);
        return WaitForEnd();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Note(string? line)
    {
        lock (_said)
        {
            _said.Append(line).Append('\n');
        }
    }
}
