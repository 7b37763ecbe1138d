namespace VxlanEngine.Ports;

/// <summary>What a live port and its device counted since the port was opened.</summary>
/// <remarks>
/// Frames of the device, not of the switch: a super-frame is one, whatever is made of it. The switch counts what became
/// of the frames that it got (<c>SwitchCounters</c>); here are those that it never saw, or had given away.
/// </remarks>
public record struct PortStatistics
{
    /// <summary>Frames handed to the switch.</summary>
    public long Received { get; set; }

    /// <summary>Frames that the kernel dropped because the port did not take them in time.</summary>
    public long DroppedByKernel { get; set; }

    /// <summary>Frames received and not handed on: no buffer was free, or they made no sense.</summary>
    public long Unusable { get; set; }

    /// <summary>Super-frames among those received.</summary>
    public long SuperFrames { get; set; }

    /// <summary>Frames that the device took.</summary>
    public long Sent { get; set; }

    /// <summary>Frames that the switch gave and the device refused.</summary>
    public long Unsent { get; set; }

    /// <summary>How often the port has failed or gone down.</summary>
    public long Failures { get; set; }
}
