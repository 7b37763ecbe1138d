using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using VxlanEngine.Cli.Control;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine.Cli;

/// <summary>One run of a live switch: its loop, signals, and what is said of it.</summary>
/// <remarks>Thread: one runs it; others ask it and stop it.</remarks>
internal sealed class RunSession(
    ISwitchRunner runner, string policyFile, IReadOnlyList<PortQueues> ports, CommandIo io)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FileInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WatchdogInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(3);

    private readonly Channel<Action> _questions = Channel.CreateUnbounded<Action>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly PacketWatches _watches = new(runner);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string?[] _faults = new string?[ports.Count];
    private readonly string?[] _notices = new string?[ports.Count];
    private readonly Dictionary<string, string> _hostTables = new(StringComparer.Ordinal);
    private volatile bool _isStopping;
    private volatile bool _isReloadAsked;
    private readonly bool[] _isStuck = new bool[runner.Workers];
    private bool _isEnded;
    private DateTime _fileTime = TimeOf(policyFile);

    /// <summary>Runs until a signal says stop, or the time is over; then drains.</summary>
    public void Run(TimeSpan? duration)
    {
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, AskReload);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        io.Error.WriteLine("vxe: running " + string.Join(", ", ports.Select(p => $"{p.Port}={p.Name}")));
        TellNotices();
        TellFaults();
        TellHostTables();
        runner.BfdChanged = TellSession;

        using var watchdog = new Timer(_ => LookAfterWorkers(), null, WatchdogInterval, WatchdogInterval);
        TimeSpan looked = TimeSpan.Zero;
        _clock.Restart();
        runner.Start();
        while (!_isStopping && (duration is null || _clock.Elapsed < duration))
        {
            TimeSpan left = (duration ?? TimeSpan.MaxValue) - _clock.Elapsed;
            runner.Turn(left < LongestWait ? left : LongestWait);
            while (_questions.Reader.TryRead(out Action? question))
            {
                question();
            }

            if (_isReloadAsked || _clock.Elapsed - looked >= FileInterval)
            {
                looked = _clock.Elapsed;
                TellNotices();
                TellFaults();
                TellHostTables();
                ReloadIfAsked();
            }
        }

        runner.Drain();
        foreach (PortQueues port in ports)
        {
            port.Maintain();
        }

        TellNotices();
        EndQuestions();
    }

    /// <summary>Ends the run. Thread: any.</summary>
    public void Stop()
    {
        _isStopping = true;
        runner.Wake();
    }

    /// <summary>Has a question answered between two bursts, on the switch's thread.</summary>
    /// <returns>The answer; cancelled when the switch ends first.</returns>
    public Task<T> Ask<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_questions.Writer.TryWrite(Answer))
        {
            answer.SetCanceled();
        }

        runner.Wake();
        return answer.Task;

        void Answer()
        {
            if (_isEnded)
            {
                answer.SetCanceled();
            }
            else
            {
                answer.SetResult(question());
            }
        }
    }

    /// <summary>Has something done between two bursts, on the switch's thread.</summary>
    /// <returns>Done when it is; cancelled when the switch ends first.</returns>
    public Task Ask(Action deed) => Ask(() =>
    {
        deed();
        return true;
    });

    /// <summary>What the switch is doing. Thread: the switch's.</summary>
    public SwitchStatus ReadStatus()
    {
        SwitchCounters counters = runner.ReadCounters();
        var byPort = counters.Ports.ToDictionary(StringComparer.Ordinal);
        return new SwitchStatus
        {
            UptimeSeconds = Math.Round(_clock.Elapsed.TotalSeconds, 3),
            Policy = policyFile,
            Generation = runner.Generation,
            Ports = [.. ports.Select(p => PortStatus.Of(p.Port, p, byPort[p.Port]))],
            Workers = [.. runner.ReadWorkers().Select(WorkerStatus.Of)],
            Bfd = [.. runner.ReadBfdSessions().Select(BfdStatus.Of)],
            HostTables = [.. runner.ReadHostTables().Select(HostTablesStatus.Of)],
            Dropped = counters.DroppedByReason.ToDictionary(d => d.Key.Name(), d => d.Value, StringComparer.Ordinal),
            Rules = counters.Rules.ToDictionary(StringComparer.Ordinal),
            Totals = PacketTotals.Of(counters),
            Learning = counters.Stations.ToDictionary(
                s => s.Key, s => LearningStatus.Of(s.Value), StringComparer.Ordinal),
        };
    }

    /// <summary>The connections it keeps state of. Thread: the switch's.</summary>
    public IReadOnlyList<FlowStatus> ReadFlows(int limit) => [.. runner.ReadFlows(limit).Select(FlowStatus.Of)];

    /// <summary>Stations that were learnt. Thread: the switch's.</summary>
    public IReadOnlyList<StationStatus> ReadStations(int limit) =>
        [.. runner.ReadStations(limit).Select(StationStatus.Of)];

    /// <summary>Begins to tell somebody of packets. Thread: the switch's.</summary>
    public void Watch(PacketWatch watch) => _watches.Add(watch);

    /// <summary>Tells somebody no more. Thread: the switch's.</summary>
    public void Unwatch(PacketWatch watch) => _watches.Remove(watch);

    /// <summary>Writes what the devices counted.</summary>
    public void WriteDevices()
    {
        var table = new TextTable(
            "port", "on", "state", "mtu", "received", "kernel dropped", "unusable", "super-frames", "sent", "unsent",
            "failures");
        foreach (PortQueues adapter in ports)
        {
            PortStatistics s = adapter.Statistics;
            table.Add(
                adapter.Port,
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
        foreach (PortQueues adapter in ports.Where(p => p.Summary is not null))
        {
            io.Output.WriteLine($"{adapter.Port}: {adapter.Summary}");
        }

        io.Output.WriteLine();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static DateTime TimeOf(string file) => File.GetLastWriteTimeUtc(file);

    private void AskReload(PosixSignalContext context)
    {
        context.Cancel = true;
        _isReloadAsked = true;
        runner.Wake();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop();
    }

    private void EndQuestions()
    {
        _isEnded = true;
        _watches.Clear();
        _questions.Writer.Complete();
        while (_questions.Reader.TryRead(out Action? question))
        {
            question();
        }
    }

    // Thread: the timer's.
    private void LookAfterWorkers()
    {
        for (int i = 0; i < _isStuck.Length; i++)
        {
            bool isStuck = runner.SinceLook(i) > LongestStall;
            if (isStuck != _isStuck[i])
            {
                _isStuck[i] = isStuck;
                io.Error.WriteLine(isStuck
                    ? $"vxe: worker {i} is stuck: it has not looked at its ports for {LongestStall.TotalSeconds} s"
                    : $"vxe: worker {i} goes on");
            }
        }
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
            io.Error.WriteLine(runner.Apply(policy)
                ? string.Create(
                    CultureInfo.InvariantCulture, $"vxe: {policyFile}: in force, generation {runner.Generation}")
                : $"vxe: {policyFile}: nothing has changed");
        }
        catch (Exception e) when (e is PolicyException or NotSupportedException)
        {
            io.Error.WriteLine(e.Message);
            io.Error.WriteLine($"vxe: {policyFile}: refused; the policy in force stays");
        }
    }

    private void TellSession(BfdSummary session)
    {
        string why = session.State == BfdState.Down ? $", {BfdStatus.Words(session.Diagnostic)}" : string.Empty;
        io.Error.WriteLine($"vxe: {session.Port}: bfd with {session.Vtep} is {BfdStatus.Words(session.State)}{why}");
    }

    private void TellNotices()
    {
        for (int i = 0; i < ports.Count; i++)
        {
            string? notice = ports[i].Notice;
            if (notice is not null && notice != _notices[i])
            {
                io.Error.WriteLine($"vxe: {ports[i].Port}: {notice}");
            }

            _notices[i] = notice;
        }
    }

    private void TellHostTables()
    {
        foreach (HostTablesSummary tables in runner.ReadHostTables())
        {
            string text = tables.Fault ?? $"follows the host's routes and neighbours of {tables.Interface}";
            if (_hostTables.GetValueOrDefault(tables.Port) != text)
            {
                _hostTables[tables.Port] = text;
                io.Error.WriteLine($"vxe: {tables.Port}: {text}");
            }
        }
    }

    private void TellFaults()
    {
        for (int i = 0; i < ports.Count; i++)
        {
            PortQueues adapter = ports[i];
            string? fault = adapter.Fault;
            if (fault != _faults[i])
            {
                io.Error.WriteLine(fault is null
                    ? $"vxe: {adapter.Port}: {adapter.Name} is up"
                    : $"vxe: {adapter.Port}: {fault}");
                _faults[i] = fault;
            }
        }
    }
}
