using VxlanEngine.Pipeline;
using VxlanEngine.Ports;

namespace VxlanEngine.Cli.Control;

/// <summary>A port of a running switch, and the device it stands on.</summary>
internal sealed record PortStatus
{
    public required string Name { get; init; }

    public required string Device { get; init; }

    public required string State { get; init; }

    /// <summary>Why the port is not up; null when it is.</summary>
    public string? Fault { get; init; }

    public required int Mtu { get; init; }

    /// <summary>Packets that entered the switch here.</summary>
    public required long Received { get; init; }

    /// <summary>Packets of those that were dropped.</summary>
    public required long Dropped { get; init; }

    /// <summary>Packets that the device was given.</summary>
    public required long Sent { get; init; }

    /// <summary>Frames that came while the kernel had no room for them.</summary>
    public required long KernelDropped { get; init; }

    /// <summary>Frames that could not be taken up.</summary>
    public required long Unusable { get; init; }

    /// <summary>Frames received that stand for several.</summary>
    public required long SuperFrames { get; init; }

    /// <summary>Frames that the device did not take.</summary>
    public required long Unsent { get; init; }

    /// <summary>Times that the device was lost.</summary>
    public required long Failures { get; init; }

    /// <summary>What the port did besides carrying frames, in words; null for nothing.</summary>
    public string? Summary { get; init; }

    public static PortStatus Of(string name, PortQueues adapter, PortCounters counters)
    {
        PortStatistics device = adapter.Statistics;
        return new PortStatus
        {
            Name = name,
            Device = adapter.Name,
            State = adapter.State.ToString().ToLowerInvariant(),
            Fault = adapter.Fault,
            Mtu = adapter.Mtu,
            Received = counters.Received,
            Dropped = counters.Dropped,
            Sent = counters.Sent,
            KernelDropped = device.DroppedByKernel,
            Unusable = device.Unusable,
            SuperFrames = device.SuperFrames,
            Unsent = device.Unsent,
            Failures = device.Failures,
            Summary = adapter.Summary,
        };
    }
}
