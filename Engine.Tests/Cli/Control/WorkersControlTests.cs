using VxlanEngine.Cli;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Wrappers;
using VxlanEngine.Tests.Pipeline;
using Xunit;
using static VxlanEngine.Tests.Cli.Control.ControlledRun;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Cli.Control;

/// <summary>A switch of several workers is asked by the commands, over its socket.</summary>
public sealed class WorkersControlTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vxe-workers").FullName;
    private readonly StubPort _a = new("stub:a");
    private readonly StubPort _b = new("stub:b");
    private readonly TeePort _tee;
    private readonly SwitchWorkers _workers;
    private readonly WorkersRunner _runner;
    private readonly ControlledRun _run;

    public WorkersControlTests()
    {
        _tee = TeePort.Open(
            new FaultPort(_a, new FaultOptions { Duplicate = 1 }), new TeeOptions { File = CaptureFile });
        PortQueues[] ports = [new("a", [_tee]), new("b", [_b])];
        _workers = new SwitchWorkers(
            Green.Policy,
            count: 2,
            ports.ToDictionary(p => p.Port, p => (IReadOnlyList<IPacketPort>)p.Queues, StringComparer.Ordinal),
            new SwitchWorkersOptions { BufferCount = 256, FrameCapacity = 2048 });
        _runner = new WorkersRunner(_workers);
        _run = new ControlledRun(_runner, ports);
    }

    private string CaptureFile => Path.Combine(_folder, "a.pcapng");

    public void Dispose()
    {
        _run.Dispose();
        _runner.Dispose();
        _workers.Dispose();
        _tee.Dispose();
        _b.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_wrappers_around_a_port_did_is_said_while_the_workers_run()
    {
        byte[] frame = FromA(MacB).Ipv4(IpA, IpB).Udp(1000, 53).Build();
        _a.Send(frame, frame, frame);
        WaitFor(() => _run.Totals().Received == 6);
        string written = $"tee:fault:stub:a: 6 written to {CaptureFile}, 0 not written; "
            + "fault:stub:a: in 3 taken, 6 passed, 0 lost, 3 duplicated, 0 reordered, 0 corrupted, 0 delayed, "
            + "0 overflowed, 0 held; out 0 taken, 0 passed, 0 lost, 0 duplicated, 0 reordered, 0 corrupted, "
            + "0 delayed, 0 overflowed, 0 held";
        Assert.EndsWith($"\na: {written}\n", _run.Vxe("show", "ports").Output, StringComparison.Ordinal);
        Assert.Contains(
            $"\"summary\":\"{written}\"", _run.Vxe("show", "ports", "--json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_follow_no_tables_of_the_machine() =>
        Assert.Equal(string.Empty, _run.Vxe("show", "host-tables").Output);
}
