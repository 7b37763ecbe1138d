using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Tests.Live;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>A switch in this process, on a thread in the rig's namespace, whose memory can be measured.</summary>
internal sealed class SoakSwitch : IDisposable
{
    private const int MostFlows = 4096;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly Thread _thread;
    private readonly ManualResetEventSlim _isRunning = new();
    private SwitchPolicy? _next;
    private SwitchCounters? _counters;
    private IReadOnlyList<string> _ports = [];
    private Exception? _failure;
    private uint _generation;
    private volatile bool _isStopping;

    /// <summary>Starts it.</summary>
    /// <param name="rig">Where.</param>
    /// <param name="kind">Kind of its ports: <c>raw</c> or <c>xdp</c>.</param>
    /// <param name="policy">The policy to start with.</param>
    /// <exception cref="ComparisonException">A port cannot be opened.</exception>
    public SoakSwitch(IoRig rig, string kind, SwitchPolicy policy)
    {
        _thread = new Thread(() =>
        {
            try
            {
                NetworkNamespace.Run(rig.Middle, () => Run(kind, policy));
            }
            catch (InvalidOperationException e)
            {
                _failure = e;
                _isRunning.Set();
            }
        });
        _thread.Start();
        _isRunning.Wait();
        Check();
    }

    /// <summary>Number of the policy in force, as it was a moment ago.</summary>
    public uint Generation => Volatile.Read(ref _generation);

    /// <summary>Puts a policy in force, soon.</summary>
    public void Apply(SwitchPolicy policy) => Volatile.Write(ref _next, policy);

    /// <summary>Ends it.</summary>
    /// <returns>Its counters, and what its ports say.</returns>
    /// <exception cref="ComparisonException">It failed.</exception>
    public (SwitchCounters Counters, IReadOnlyList<string> Ports) Stop()
    {
        Dispose();
        Check();
        return (_counters!, _ports);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
    }

    private void Check()
    {
        if (_failure is not null)
        {
            throw new ComparisonException($"The switch: {_failure.Message}", _failure);
        }
    }

    private bool Run(string kind, SwitchPolicy policy)
    {
        // Tables no larger than the traffic wants: memory that stays would hide what grows.
        var options = new VirtualSwitchOptions
        {
            PopulateMemory = true,
            Limits = new SwitchLimits { FlowPairs = MostFlows },
        };
        using ILivePort web = LivePorts.Open($"{kind}:web");
        using ILivePort uplink = LivePorts.Open($"{kind}:uplink");
        using var vswitch = new VirtualSwitch(policy, options);
        vswitch.Attach("web", web);
        vswitch.Attach("uplink", uplink);
        _isRunning.Set();
        while (!_isStopping)
        {
            if (Interlocked.Exchange(ref _next, null) is { } next)
            {
                vswitch.Apply(next);
                Volatile.Write(ref _generation, vswitch.Generation);
            }

            if (vswitch.Poll() == 0)
            {
                vswitch.Wait(LongestWait);
            }
        }

        while (vswitch.Poll() > 0)
        {
        }

        _counters = vswitch.ReadCounters();
        _ports = [.. new[] { web, uplink }.Select(p => $"{p.Name}: {p.Statistics}")];
        return true;
    }
}
