using System.Buffers.Binary;
using System.Numerics;

namespace VxlanEngine.Wire;

/// <summary>The checksum of SCTP: CRC32c, as it stands in the packet (RFC 9260 §6.8 and appendix A).</summary>
internal static class Crc32c
{
    /// <summary>Computes the checksum of an SCTP packet and writes it, least significant byte first.</summary>
    /// <param name="packet">The packet from its common header on, whole.</param>
    /// <returns>False when it is shorter than that header.</returns>
    public static bool TryWrite(Span<byte> packet)
    {
        if (packet.Length < SctpHeader.Length)
        {
            return false;
        }

        Span<byte> field = packet.Slice(SctpHeader.ChecksumOffset, sizeof(uint));
        field.Clear();
        uint crc = uint.MaxValue;
        ReadOnlySpan<byte> rest = packet;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }

        foreach (byte value in rest)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(field, ~crc);
        return true;
    }
}
