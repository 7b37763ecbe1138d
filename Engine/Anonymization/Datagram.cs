namespace VxlanEngine.Anonymization;

/// <summary>A datagram of which fragments were seen.</summary>
internal sealed class Datagram
{
    /// <summary>Bytes in all fragments seen.</summary>
    public int Seen { get; set; }

    /// <summary>One's-complement sum over the bytes in all fragments seen.</summary>
    public uint Sum { get; set; }

    /// <summary>Whether the first fragment was seen.</summary>
    public bool HasFirst { get; set; }

    /// <summary>Bytes in the whole datagram; −1 before the last fragment was seen.</summary>
    public int Length { get; set; } = -1;

    /// <summary>True when every byte was seen, once.</summary>
    public bool IsComplete => HasFirst && Seen == Length;
}
