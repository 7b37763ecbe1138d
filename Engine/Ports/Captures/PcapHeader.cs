namespace VxlanEngine.Ports.Captures;

/// <summary>The header of a classic pcap file: 24 bytes, 28 in IXIA's files.</summary>
/// <remarks>
/// <code>
/// | magic (4) | major (2) | minor (2) | zone (4) | sigfigs (4) | snap length (4) | link type (4) |
/// </code>
/// The magic number tells byte order, resolution and record layout. Zone and sigfigs are ignored, as libpcap does.
/// Source: draft-ietf-opsawg-pcap; libpcap's sf-pcap.c and Wireshark's wiretap/libpcap.c for the older kinds.
/// </remarks>
internal readonly struct PcapHeader
{
    private const int StandardLength = 24;
    private const uint Microseconds = 0xA1B2C3D4;
    private const uint Nanoseconds = 0xA1B23C4D;

    // Alexey Kuznetzov's patch, in Red Hat Linux 6: records have 8 more bytes (interface, protocol, packet type).
    private const uint Kuznetzov = 0xA1B2CD34;

    // IXIA's "lcap", software and hardware: the header ends with the total length of the records.
    private const uint IxiaMicroseconds = 0x1C0001AB;
    private const uint IxiaNanoseconds = 0x1C0001AC;

    private PcapHeader(uint magic, bool isBigEndian)
    {
        Magic = magic;
        Order = new FileByteOrder(isBigEndian);
    }

    public FileByteOrder Order { get; }

    public int Length => Magic is IxiaMicroseconds or IxiaNanoseconds ? StandardLength + 4 : StandardLength;

    public int RecordLength => Magic == Kuznetzov ? 24 : 16;

    public bool IsNanoseconds => Magic is Nanoseconds or IxiaNanoseconds;

    private uint Magic { get; }

    /// <summary>Recognises the magic number in the first 4 bytes of a file.</summary>
    public static bool TryRecognise(ReadOnlySpan<byte> magic, out PcapHeader header)
    {
        foreach (bool isBigEndian in (ReadOnlySpan<bool>)[false, true])
        {
            uint value = new FileByteOrder(isBigEndian).UInt32(magic, 0);
            if (value is Microseconds or Nanoseconds or Kuznetzov or IxiaMicroseconds or IxiaNanoseconds)
            {
                header = new PcapHeader(value, isBigEndian);
                return true;
            }
        }

        header = default;
        return false;
    }
}
