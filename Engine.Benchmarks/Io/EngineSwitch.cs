using VxlanEngine.Benchmarks.Comparison;

namespace VxlanEngine.Benchmarks.Io;

/// <summary><c>vxe run</c> in the switch's namespace.</summary>
internal sealed class EngineSwitch : IIoSwitch
{
    private readonly ChildProcess _process;

    /// <summary>Starts it.</summary>
    /// <param name="rig">Where.</param>
    /// <param name="endpoint">The tenant's kind of port: <c>raw</c>, <c>xdp</c> or <c>tap</c>.</param>
    /// <param name="uplink">The uplink's: <c>raw</c>, <c>xdp</c> or <c>udp</c>.</param>
    public EngineSwitch(IoRig rig, string endpoint, string uplink)
    {
        if (uplink == "udp")
        {
            rig.AddUplinkAddress();
        }

        if (endpoint != "tap")
        {
            rig.AddTenantWire();
        }

        string program = Path.Combine(AppContext.BaseDirectory, "vxe.dll");
        _process = new ChildProcess(
            "ip", "netns", "exec", rig.Middle, "dotnet", "exec", program, "run", "--policy", rig.WritePolicy(),
            "--port", endpoint == "tap" ? $"web=tap:{IoRig.Device}" : $"web={endpoint}:web",
            "--port", uplink == "udp" ? $"uplink=udp:{IoRig.UplinkAddress}" : $"uplink={uplink}:uplink");
        try
        {
            _process.WaitFor("vxe: running");
            if (endpoint == "tap")
            {
                rig.MoveToTenant();
            }
        }
        catch
        {
            _process.Dispose();
            throw;
        }
    }

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
