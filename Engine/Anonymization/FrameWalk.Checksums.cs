using System.Buffers.Binary;
using System.Numerics;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <content>Checksums: right where they were right, as wrong as they were elsewhere.</content>
/// <remarks>
/// A sum over bytes of which some are missing, cut off or in fragments nobody has learnt of, cannot be checked; it
/// becomes right for a packet whose missing bytes are zeros, as the other bytes are. Where not even the length is
/// known, it is updated by what changed here (RFC 1624). A sum that a network card was to finish stays the sum of the
/// pseudo-header.
/// </remarks>
internal ref partial struct FrameWalk
{
    /// <summary>Carries a checksum without pseudo-header over to the result.</summary>
    private readonly void CarryChecksum(int field, int at, int end, bool isWhole) =>
        CarryChecksum(field, Checksum.Sum(_in[at..end]), SumWithout(field, at, end), isWhole, null);

    /// <summary>Carries a transport checksum over to the result.</summary>
    /// <param name="field">Where it stands.</param>
    /// <param name="upper">What it covers.</param>
    /// <param name="length">Bytes it covers; −1 where that is not known.</param>
    /// <param name="hasPseudoHeader">Whether it covers the addresses too.</param>
    private readonly void CarryChecksum(int field, in UpperLayer upper, int length, bool hasPseudoHeader)
    {
        int end = length < 0 ? upper.End : Math.Min(upper.End, upper.At + length);
        bool isLearnt = upper.Datagram is { IsComplete: true };
        uint before = isLearnt ? upper.Datagram!.Sum : Checksum.Sum(_in[upper.At..end]);
        uint after = SumWithout(field, upper.At, end);
        bool isWhole = isLearnt
            || (upper.IsFragment ? length < 0 && hasPseudoHeader : length <= upper.End - upper.At);
        if (!hasPseudoHeader)
        {
            CarryChecksum(field, before, after, isWhole, null);
            return;
        }

        // Some senders compute with the addresses of the header, whatever stands in extension headers.
        uint numbers = (uint)upper.Protocol + (uint)Math.Max(length, 0);
        uint plain = Fold(AddressSum(_in, upper) + numbers);
        UpperLayer taken = isWhole && Fold(before + plain) == ushort.MaxValue ? upper : upper.Final;
        uint pseudoBefore = Fold(AddressSum(_in, taken) + numbers);
        uint pseudoAfter = Fold(AddressSum(_out, taken) + numbers);
        CarryChecksum(
            field, Fold(before + pseudoBefore), Fold(after + pseudoAfter), isWhole, (pseudoBefore, pseudoAfter));
    }

    private readonly void CarryChecksum(
        int field, uint before, uint after, bool isWhole, (uint Before, uint After)? pseudo)
    {
        ushort old = Read16(field);
        uint value;
        if (isWhole && before == ushort.MaxValue)
        {
            value = Checksum.Finish(after);
        }
        else if (pseudo is { } sums && old == sums.Before)
        {
            value = sums.After;
        }
        else if (!isWhole)
        {
            value = Checksum.Finish(after);
        }
        else
        {
            // The sum over everything stays what it was. One of 0 is over nothing but zeros, and so is the new one.
            value = before == 0 ? 0 : Fold(before + (ushort)~after);
        }

        BinaryPrimitives.WriteUInt16BigEndian(_out[field..], (ushort)value);
    }

    // RFC 768: no checksum stays none, and none other becomes it.
    private readonly void CarryUdpChecksum(int field, in UpperLayer upper, int length)
    {
        if (Read16(field) == 0)
        {
            return;
        }

        CarryChecksum(field, upper, length, hasPseudoHeader: true);
        if (BinaryPrimitives.ReadUInt16BigEndian(_out[field..]) == 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_out[field..], ushort.MaxValue);
        }
    }

    // RFC 9260 §6.8: CRC32c, least significant byte first; 0 is left for a network card to fill in.
    private readonly void CarryCrc(int field, in UpperLayer upper)
    {
        uint old = BinaryPrimitives.ReadUInt32LittleEndian(_in[field..]);
        if (old == 0)
        {
            return;
        }

        int missing = upper.Length < 0 ? 0 : Math.Max(0, upper.Length - (upper.End - upper.At));
        uint before = Crc(_in[upper.At..upper.End], field - upper.At, missing);
        uint after = Crc(_out[upper.At..upper.End], field - upper.At, missing);
        uint value = upper.IsWhole ? old ^ before ^ after : after;
        BinaryPrimitives.WriteUInt32LittleEndian(_out[field..], value);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes, int field, int missing)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < bytes.Length + missing; i++)
        {
            bool isZero = i >= bytes.Length || (i >= field && i < field + sizeof(uint));
            crc = BitOperations.Crc32C(crc, isZero ? (byte)0 : bytes[i]);
        }

        return ~crc;
    }

    /// <summary>The sum over the result, with the checksum taken for 0.</summary>
    private readonly uint SumWithout(int field, int at, int end)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_out[field..], 0);
        return Checksum.Sum(_out[at..end]);
    }

    private static uint AddressSum(ReadOnlySpan<byte> bytes, in UpperLayer upper) => Checksum.Sum(
        bytes.Slice(upper.DestinationAt, upper.AddressLength),
        Checksum.Sum(bytes.Slice(upper.SourceAt, upper.AddressLength)));

    private static uint Fold(uint sum)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (sum & 0xFFFF) + (sum >> 16);
    }
}
