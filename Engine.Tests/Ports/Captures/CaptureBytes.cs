using System.Buffers.Binary;

namespace VxlanEngine.Tests.Ports.Captures;

/// <summary>Builds capture files field by field, in either byte order, without the code under test.</summary>
internal sealed class CaptureBytes(bool isBigEndian = false)
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    /// <summary>Where the file may end cleanly, and how many packets it has up to there.</summary>
    public List<(int End, int Packets)> Boundaries { get; } = [];

    public bool IsBigEndian { get; set; } = isBigEndian;

    public CaptureBytes PcapHeader(
        uint magic = 0xA1B2C3D4, uint linkType = 1, uint snapLength = 65535, ushort major = 2, ushort minor = 4)
    {
        U32(magic).U16(major).U16(minor).U32(0).U32(0).U32(snapLength).U32(linkType);
        if (magic is 0x1C0001AB or 0x1C0001AC)
        {
            U32(12345);
        }

        return Mark(0);
    }

    public CaptureBytes Record(
        uint seconds, uint fraction, byte[] data, uint? original = null, byte[]? extra = null, uint? captured = null)
    {
        U32(seconds).U32(fraction).U32(captured ?? (uint)data.Length).U32(original ?? (uint)data.Length);
        return Raw(extra ?? []).Raw(data).Mark(1);
    }

    public CaptureBytes Section(long length = -1, byte[]? options = null, ushort major = 1) => Block(
        0x0A0D0D0A,
        new CaptureBytes(IsBigEndian).U32(0x1A2B3C4D).U16(major).U16(0).U64((ulong)length).Raw(options ?? []));

    public CaptureBytes Interface(ushort linkType = 1, uint snapLength = 0, byte[]? options = null) => Block(
        1, new CaptureBytes(IsBigEndian).U16(linkType).U16(0).U32(snapLength).Raw(options ?? []));

    public CaptureBytes Enhanced(
        uint source, ulong ticks, byte[] data, uint? original = null, byte[]? options = null) => Block(
        6,
        new CaptureBytes(IsBigEndian).U32(source).U32((uint)(ticks >> 32)).U32((uint)ticks)
            .U32((uint)data.Length).U32(original ?? (uint)data.Length).Raw(data).Pad().Raw(options ?? []),
        packets: 1);

    public CaptureBytes OldPacket(ushort source, ulong ticks, byte[] data, byte[]? options = null) => Block(
        2,
        new CaptureBytes(IsBigEndian).U16(source).U16(7).U32((uint)(ticks >> 32)).U32((uint)ticks)
            .U32((uint)data.Length).U32((uint)data.Length).Raw(data).Pad().Raw(options ?? []),
        packets: 1);

    public CaptureBytes Simple(byte[] data, uint? original = null) => Block(
        3, new CaptureBytes(IsBigEndian).U32(original ?? (uint)data.Length).Raw(data).Pad(), packets: 1);

    public CaptureBytes Block(uint type, CaptureBytes body, int packets = 0)
    {
        uint length = (uint)body._bytes.Count + 12;
        return U32(type).U32(length).Raw(body.ToArray()).U32(length).Mark(packets);
    }

    /// <summary>One option, padded.</summary>
    public byte[] Option(ushort code, params byte[] value) =>
        new CaptureBytes(IsBigEndian).U16(code).U16((ushort)value.Length).Raw(value).Pad().ToArray();

    public CaptureBytes U16(ushort value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return Ordered(bytes);
    }

    public CaptureBytes U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Ordered(bytes);
    }

    public CaptureBytes U64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Ordered(bytes);
    }

    public CaptureBytes Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public CaptureBytes Pad()
    {
        while (_bytes.Count % 4 != 0)
        {
            _bytes.Add(0);
        }

        return this;
    }

    private CaptureBytes Ordered(byte[] bigEndian)
    {
        if (!IsBigEndian)
        {
            Array.Reverse(bigEndian);
        }

        return Raw(bigEndian);
    }

    private CaptureBytes Mark(int packets)
    {
        int before = Boundaries.Count == 0 ? 0 : Boundaries[^1].Packets;
        Boundaries.Add((_bytes.Count, before + packets));
        return this;
    }
}
