namespace VxlanEngine.Cli.Control;

/// <summary>What became of one packet of a running switch.</summary>
internal sealed record TracedPacket
{
    /// <summary>When, as time of day in UTC.</summary>
    public required string Time { get; init; }

    /// <summary>The port it came to.</summary>
    public required string Port { get; init; }

    /// <summary>The packet in one phrase, as it came.</summary>
    public required string Packet { get; init; }

    /// <summary>VNI of the tunnel it came through.</summary>
    public uint? Vni { get; init; }

    /// <summary>forward, drop, punt or consume.</summary>
    public required string Verdict { get; init; }

    /// <summary>Why it was dropped.</summary>
    public string? Reason { get; init; }

    /// <summary>The rules that decided and what was done to its headers: the comment it has in captures.</summary>
    public required string Story { get; init; }

    /// <summary>The headers it left with, or came with when it did not leave.</summary>
    public required string Headers { get; init; }

    /// <summary>Packets before this one that nobody could be told of in time.</summary>
    public long Missed { get; init; }
}
