namespace VxlanEngine.Benchmarks.Io;

/// <summary><see cref="BareRelay"/> in the switch's namespace.</summary>
internal sealed class RelaySwitch : IIoSwitch
{
    private readonly ChildProcess _process;

    /// <summary>Starts it.</summary>
    public RelaySwitch(IoRig rig)
    {
        rig.AddUplinkAddress();
        _process = new ChildProcess(["ip", "netns", "exec", rig.Middle, .. ChildProcess.Self("--io-relay")]);
        try
        {
            _process.WaitFor("running");
            rig.MoveToTenant();
        }
        catch
        {
            _process.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool HasWire => false;

    /// <inheritdoc/>
    public int? ProcessId => _process.Id;

    /// <inheritdoc/>
    public void Stop() => _process.Stop();

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}
