using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using VxlanEngine.Policy;
using VxlanEngine.Ports;

namespace VxlanEngine.Cli;

/// <summary>One run of a live switch: its loop, signals, and what is said of its ports.</summary>
internal sealed class RunSession(
    VirtualSwitch vswitch, string policyFile, List<(string Port, ILivePort Adapter)> ports, CommandIo io)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FileInterval = TimeSpan.FromMilliseconds(500);

    private readonly string?[] _faults = new string?[ports.Count];
    private volatile bool _isStopping;
    private volatile bool _isReloadAsked;
    private DateTime _fileTime = TimeOf(policyFile);

    /// <summary>Whether the loop never sleeps.</summary>
    public bool IsBusy { get; init; }

    /// <summary>Runs until a signal says stop, or the time is over; then drains.</summary>
    public void Run(TimeSpan? duration)
    {
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, AskReload);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        io.Error.WriteLine("vxe: running " + string.Join(", ", ports.Select(p => $"{p.Port}={p.Adapter.Name}")));
        TellNotices();
        TellFaults();

        var clock = Stopwatch.StartNew();
        TimeSpan looked = TimeSpan.Zero;
        while (!_isStopping && (duration is null || clock.Elapsed < duration))
        {
            if (vswitch.Poll() == 0 && !IsBusy)
            {
                TimeSpan left = (duration ?? TimeSpan.MaxValue) - clock.Elapsed;
                vswitch.Wait(left < LongestWait ? left : LongestWait);
            }

            if (_isReloadAsked || clock.Elapsed - looked >= FileInterval)
            {
                looked = clock.Elapsed;
                TellFaults();
                ReloadIfAsked();
            }
        }

        Drain();
    }

    /// <summary>Writes what the devices counted.</summary>
    public void WriteDevices()
    {
        var table = new TextTable(
            "port", "on", "state", "mtu", "received", "kernel dropped", "unusable", "super-frames", "sent", "unsent",
            "failures");
        foreach ((string port, ILivePort adapter) in ports)
        {
            PortStatistics s = adapter.Statistics;
            table.Add(
                port,
                adapter.Name,
                adapter.State.ToString(),
                Text(adapter.Mtu),
                Text(s.Received),
                Text(s.DroppedByKernel),
                Text(s.Unusable),
                Text(s.SuperFrames),
                Text(s.Sent),
                Text(s.Unsent),
                Text(s.Failures));
        }

        table.Write(io, indent: 0);
        io.Output.WriteLine();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static DateTime TimeOf(string file) => File.GetLastWriteTimeUtc(file);

    private void AskReload(PosixSignalContext context)
    {
        context.Cancel = true;
        _isReloadAsked = true;
        vswitch.Wake();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _isStopping = true;
        vswitch.Wake();
    }

    private void Drain()
    {
        var clock = Stopwatch.StartNew();
        bool isBusy = true;
        while (isBusy && clock.Elapsed < LongestDrain)
        {
            isBusy = vswitch.Poll() > 0 || ports.Exists(p => p.Adapter.HasUnsent);
        }

        ports.ForEach(p => p.Adapter.Maintain());
    }

    private void ReloadIfAsked()
    {
        DateTime time = TimeOf(policyFile);
        if (!_isReloadAsked && time == _fileTime)
        {
            return;
        }

        _isReloadAsked = false;
        _fileTime = time;
        if (PolicyCommand.Load(policyFile, io) is not { } policy)
        {
            io.Error.WriteLine($"vxe: {policyFile}: refused; the policy in force stays");
            return;
        }

        try
        {
            io.Error.WriteLine(vswitch.Apply(policy)
                ? string.Create(
                    CultureInfo.InvariantCulture, $"vxe: {policyFile}: in force, generation {vswitch.Generation}")
                : $"vxe: {policyFile}: nothing has changed");
        }
        catch (PolicyException e)
        {
            io.Error.WriteLine(e.Message);
            io.Error.WriteLine($"vxe: {policyFile}: refused; the policy in force stays");
        }
    }

    private void TellNotices()
    {
        foreach ((string port, ILivePort adapter) in ports.Where(p => p.Adapter.Notice is not null))
        {
            io.Error.WriteLine($"vxe: {port}: {adapter.Notice}");
        }
    }

    private void TellFaults()
    {
        for (int i = 0; i < ports.Count; i++)
        {
            (string port, ILivePort adapter) = ports[i];
            string? fault = adapter.Fault;
            if (fault != _faults[i])
            {
                io.Error.WriteLine(fault is null ? $"vxe: {port}: {adapter.Name} is up" : $"vxe: {port}: {fault}");
                _faults[i] = fault;
            }
        }
    }
}
