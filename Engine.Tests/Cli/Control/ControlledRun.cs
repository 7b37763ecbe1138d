using System.Globalization;
using VxlanEngine.Cli;
using VxlanEngine.Cli.Control;
using VxlanEngine.Tests.Anonymization;
using Xunit;

namespace VxlanEngine.Tests.Cli.Control;

/// <summary>A switch that runs on a thread of its own, and the socket that commands ask it by.</summary>
internal sealed class ControlledRun : IDisposable
{
    private readonly StringWriter _said = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    private readonly TextWriter _error;
    private readonly ControlServer _server;
    private readonly Thread _loop;

    public ControlledRun(ISwitchRunner runner, PortQueues[] ports)
    {
        string policy = Path.Combine(Folder, "policy.json");
        File.WriteAllText(policy, "{}");
        _error = TextWriter.Synchronized(_said);
        var io = new CommandIo { OpenInput = () => Stream.Null, Output = _said, Error = _error };
        Session = new RunSession(runner, policy, ports, io);
        _server = ControlServer.Open(SocketPath, Session);
        _loop = new Thread(() => Session.Run(duration: null));
        _loop.Start();
    }

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    public RunSession Session { get; }

    /// <summary>A folder that goes with the run; its policy and its socket are there.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("vxe-control").FullName;

    public string SocketPath => Path.Combine(Folder, "switch.sock");

    public static void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));

    /// <summary>What the run has said so far.</summary>
    public string Said()
    {
        // The lock that the writer takes.
        lock (_error)
        {
            return _said.ToString();
        }
    }

    /// <summary>Runs a command that asks the switch.</summary>
    public VxeRun Vxe(params string[] arguments) => VxeRun.Of([.. arguments, "--control", SocketPath]);

    public PacketTotals Totals() =>
        ControlClient.AskOnce(SocketPath, new ControlRequest { Command = ControlRequest.Status }).Status!.Totals;

    public void Dispose()
    {
        Session.Stop();
        Assert.True(_loop.Join(Patience));
        _server.Dispose();
        Assert.False(File.Exists(SocketPath));
        _said.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
