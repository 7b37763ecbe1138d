namespace VxlanEngine.Cli.Control;

/// <summary>What a client asks a running switch for: the one line that it sends.</summary>
internal sealed record ControlRequest
{
    /// <summary>
    /// <see cref="Status"/>, <see cref="Flows"/>, <see cref="Stations"/>, <see cref="Trace"/> or <see cref="Capture"/>.
    /// </summary>
    public required string Command { get; init; }

    /// <summary>Most flows or stations to return.</summary>
    public int Limit { get; init; }

    /// <summary>Only packets of this flow, in both directions; a pattern of <c>vxe trace --flow</c>.</summary>
    public string? Flow { get; init; }

    /// <summary>Only packets that came with this VNI.</summary>
    public uint? Vni { get; init; }

    /// <summary>Only packets with this verdict, or this reason to be dropped.</summary>
    public string? Verdict { get; init; }

    /// <summary>Only packets that came or left at this port.</summary>
    public string? Port { get; init; }

    public const string Status = "status";
    public const string Flows = "flows";
    public const string Stations = "stations";
    public const string Trace = "trace";
    public const string Capture = "capture";
}
