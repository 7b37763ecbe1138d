namespace VxlanEngine.Ports.Captures;

/// <summary>An interface that a capture file describes; a classic pcap file has exactly one, without a name.</summary>
public sealed class CaptureInterface
{
    internal CaptureInterface(int index, int section, LinkType linkType, uint snapLength)
    {
        Index = index;
        Section = section;
        LinkType = linkType;
        SnapLength = (int)Math.Min(snapLength, int.MaxValue);
    }

    /// <summary>The position in <see cref="CaptureReader.Interfaces"/>, counted over all sections.</summary>
    public int Index { get; }

    /// <summary>The section that describes the interface, from 0.</summary>
    public int Section { get; }

    /// <summary>What the interface's packets begin with.</summary>
    public LinkType LinkType { get; }

    /// <summary>Most bytes kept of a packet; 0 where the file states no limit.</summary>
    public int SnapLength { get; }

    /// <summary>The name, as in <c>eth0</c>; null when the file has none.</summary>
    public string? Name { get; internal init; }

    /// <summary>The description; null when the file has none.</summary>
    public string? Description { get; internal init; }

    /// <summary>Ticks a second of the time stamps in the file; 1 000 000 unless stated.</summary>
    public ulong TimestampResolution { get; internal init; } = 1_000_000;

    /// <summary>Seconds between 1970 and the time stamps' zero.</summary>
    /// <remarks><see cref="CapturedPacket.TimestampNs"/> has them in it.</remarks>
    public long TimestampOffset { get; internal init; }

    internal TimestampScale Scale { get; init; }

    /// <summary>The name, or <c>interface n</c> where there is none.</summary>
    public override string ToString() => Name ?? string.Create(null, $"interface {Index}");
}
