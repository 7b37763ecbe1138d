namespace VxlanEngine.Tests.Ports.Captures;

/// <summary>One small file of every kind that is read.</summary>
internal static class SampleCaptures
{
    public static readonly byte[] First = [1, 2, 3, 4, 5];
    public static readonly byte[] Second = [6, 7, 8, 9, 10, 11, 12, 13];

    /// <summary>The number of files in <see cref="All"/>.</summary>
    public const int Count = 14;

    public static IReadOnlyList<CaptureBytes> All { get; } =
    [
        Pcap(0xA1B2C3D4, isBigEndian: false), Pcap(0xA1B2C3D4, isBigEndian: true),
        Pcap(0xA1B23C4D, isBigEndian: false), Pcap(0xA1B23C4D, isBigEndian: true),
        Pcap(0xA1B2CD34, isBigEndian: false), Pcap(0xA1B2CD34, isBigEndian: true),
        Pcap(0x1C0001AB, isBigEndian: false), Pcap(0x1C0001AB, isBigEndian: true),
        Pcap(0x1C0001AC, isBigEndian: false), Pcap(0x1C0001AC, isBigEndian: true),
        Pcapng(isBigEndian: false), Pcapng(isBigEndian: true),
        new CaptureBytes().PcapHeader(), new CaptureBytes().Section(),
    ];

    public static CaptureBytes Pcap(uint magic, bool isBigEndian)
    {
        byte[] extra = magic == 0xA1B2CD34 ? new byte[8] : [];
        return new CaptureBytes(isBigEndian).PcapHeader(magic)
            .Record(100, 200, First, original: 60, extra: extra)
            .Record(100, 201, [], extra: extra)
            .Record(101, 0, Second, extra: extra);
    }

    /// <summary>Two sections in different byte orders, all packet blocks, and blocks to skip.</summary>
    public static CaptureBytes Pcapng(bool isBigEndian)
    {
        var file = new CaptureBytes(isBigEndian);
        file.Section()
            .Block(4, new CaptureBytes(isBigEndian).U32(0))
            .Interface(options: [.. file.Option(2, "eth0"u8.ToArray()), .. file.Option(9, 9), .. file.Option(0)])
            .Interface(113, 96)
            .Enhanced(0, 1_000_000_000, First, 60, [.. file.Option(1, "one"u8.ToArray()), .. file.Option(0)])
            .Simple(Second)
            .Block(0x0BAD, new CaptureBytes(isBigEndian).U32(32473).Raw(1, 2, 3).Pad());
        file.IsBigEndian = !isBigEndian;
        return file.Section(length: 60)
            .Interface()
            .OldPacket(0, 5_000_000, Second)
            .Block(5, new CaptureBytes(!isBigEndian).U32(0).U64(0))
            .Enhanced(0, 6_000_000, [], 0);
    }
}
