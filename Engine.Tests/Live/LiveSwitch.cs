using System.Diagnostics;
using System.Text;
using Xunit;

namespace VxlanEngine.Tests.Live;

/// <summary><c>vxe run</c> as a process of its own in a network namespace.</summary>
internal sealed class LiveSwitch : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly StringBuilder _said = new();
    private readonly Process _process;

    public LiveSwitch(LiveRig rig, params string[] arguments)
        : this(rig.Engine, rig.PolicyFile, arguments)
    {
    }

    public LiveSwitch(string name, string policyFile, IEnumerable<string> arguments)
    {
        string[] options = arguments
            .SelectMany(word => word.StartsWith("--", StringComparison.Ordinal) ? [word] : new[] { "--port", word })
            .ToArray();
        _process = Shell.Start(
            ["ip", "netns", "exec", name, .. Program, "run", "--policy", policyFile, .. options]);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        WaitFor("vxe: running");
    }

    /// <summary>The tool, as it is started: heeding SIGINT, which shells have their background jobs ignore.</summary>
    public static string[] Program =>
        ["env", "--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "vxe.dll")];

    /// <summary>Everything that it wrote so far.</summary>
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

    /// <summary>Waits until it has written a text, and fails when it does not.</summary>
    public void WaitFor(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!Said.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < Patience, $"'{text}' was not said, but: {Said}");
            Thread.Sleep(20);
        }
    }

    /// <summary>Sends it a signal, as kill(1) names it.</summary>
    public void Signal(string name) => Shell.Run($"kill -{name} {_process.Id}");

    /// <summary>Tells it to stop, and returns what it wrote.</summary>
    public string Stop(string signal = "TERM")
    {
        Signal(signal);
        Assert.True(_process.WaitForExit(Patience), $"It goes on after SIG{signal}: {Said}");
        _process.WaitForExit();
        Assert.True(_process.ExitCode == 0, Said);
        Assert.Contains("it adds up", Said, StringComparison.Ordinal);
        return Said;
    }

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
            _said.AppendLine(line);
        }
    }
}
