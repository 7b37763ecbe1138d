namespace VxlanEngine.Ports.Captures;

/// <summary>Where the packet last read lies in the input buffer, and what its record says of it.</summary>
internal struct PacketRecord
{
    public int DataOffset;
    public int DataLength;
    public int OptionsOffset;
    public int OptionsLength;
    public bool OptionsAreBigEndian;
    public bool HasTimestamp;
    public int OriginalLength;
    public int InterfaceIndex;
    public long TimestampNs;
}
