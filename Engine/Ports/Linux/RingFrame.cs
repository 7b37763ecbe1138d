using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

/// <summary>A frame in a receive ring.</summary>
internal ref struct RingFrame
{
    /// <summary>What the ring holds of the frame; valid until the next frame is asked for.</summary>
    public ReadOnlySpan<byte> Bytes;

    /// <summary>Bytes that the frame had, without the tag that the kernel took out.</summary>
    public int Length;

    /// <summary>True when the kernel took a VLAN tag out of the frame.</summary>
    public bool HasTag;

    /// <summary>The EtherType that announced the tag.</summary>
    public ushort TagType;

    /// <summary>The tag's control information.</summary>
    public ushort TagControl;

    /// <summary>What is left to do.</summary>
    public OffloadHeader Offload;

    /// <summary>When it was received, in nanoseconds since 1970-01-01 UTC.</summary>
    public long TimeNs;
}
