using System.Buffers.Binary;

namespace VxlanEngine.Ports.Captures;

/// <summary>Reads integers in the byte order that a file, or one section of it, was written in.</summary>
internal readonly struct FileByteOrder(bool isBigEndian)
{
    public bool IsBigEndian { get; } = isBigEndian;

    public ushort UInt16(ReadOnlySpan<byte> bytes, int offset) => IsBigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..])
        : BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    public uint UInt32(ReadOnlySpan<byte> bytes, int offset) => IsBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..])
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    public ulong UInt64(ReadOnlySpan<byte> bytes, int offset) => IsBigEndian
        ? BinaryPrimitives.ReadUInt64BigEndian(bytes[offset..])
        : BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
