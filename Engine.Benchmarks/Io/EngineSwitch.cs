using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary><c>vxe run</c> in the switch's namespace.</summary>
internal sealed class EngineSwitch : IIoSwitch
{
    private readonly ChildProcess _process;

    /// <summary>Starts it.</summary>
    /// <param name="rig">Where.</param>
    /// <param name="endpoint">The tenant's kind of port: <c>raw</c>, <c>xdp</c> or <c>tap</c>.</param>
    /// <param name="uplink">The uplink's: <c>raw</c>, <c>xdp</c>, <c>udp</c>, or <c>tap</c> and a bridge.</param>
    /// <param name="options">Of the uplink, behind its interface.</param>
    public EngineSwitch(IoRig rig, string endpoint, string uplink, string options = "")
    {
        if (uplink == "udp")
        {
            rig.AddUplinkAddress();
        }

        HasWire = endpoint != "tap";
        if (HasWire)
        {
            rig.AddTenantWire();
        }

        string program = Path.Combine(AppContext.BaseDirectory, "vxe.dll");
        _process = new ChildProcess(
            "ip", "netns", "exec", rig.Middle, "dotnet", "exec", program, "run", "--policy", rig.WritePolicy(),
            "--port", HasWire ? $"web={endpoint}:web" : $"web=tap:{IoRig.Device}",
            "--port", uplink switch
            {
                "udp" => $"uplink=udp:{IoRig.UplinkAddress}",
                "tap" => "uplink=tap:bridged,tunnels,mac=02:aa:00:00:00:f1",
                _ => $"uplink={uplink}:uplink{options}",
            });
        try
        {
            _process.WaitFor("vxe: running");
            if (!HasWire)
            {
                rig.MoveToTenant();
            }

            if (uplink == "tap")
            {
                rig.BridgeUplink("bridged");
            }
        }
        catch
        {
            _process.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool HasWire { get; }

    /// <inheritdoc/>
    public int? ProcessId => _process.Id;

    /// <inheritdoc/>
    public void Stop()
    {
        string said = _process.Stop();
        if (!said.Contains("it adds up", StringComparison.Ordinal))
        {
            throw new ComparisonException($"The engine's counters do not add up:\n{said}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}
