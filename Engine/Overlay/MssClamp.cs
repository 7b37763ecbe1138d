using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Lowers the segment size that a TCP connection's first segments announce (RFC 9293 §3.7.1).</summary>
/// <remarks>Never raises it, and adds none: who announces nothing gets 536 or 1220 bytes anyway.</remarks>
public static class MssClamp
{
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;
    private const byte MaxSegmentSize = 2;
    private const int OptionLength = 4;
    private const int ValueOffset = 2;

    /// <summary>The largest segment that fits a packet, by the headers without options (RFC 6691).</summary>
    /// <param name="mtu">Bytes of the largest packet.</param>
    /// <param name="family">The packet's family.</param>
    /// <returns>0 where none fits.</returns>
    public static ushort SegmentFor(int mtu, IpFamily family)
    {
        int ip = family == IpFamily.V4 ? Ipv4Header.Length : Ipv6Header.Length;
        return (ushort)Math.Clamp(mtu - ip - TcpHeader.Length, 0, ushort.MaxValue);
    }

    /// <summary>True for a segment that opens a connection, from either side, whose options are at hand.</summary>
    public static bool Concerns(in ParsedFrame packet) =>
        packet.HasTransport
        && packet.Protocol == IpProtocol.Tcp
        && (packet.TcpFlags & TcpFlags.Syn) != TcpFlags.None
        && packet.Fragment != FragmentKind.Later;

    /// <summary>True when a segment announces more than <paramref name="most"/>.</summary>
    /// <param name="bytes">The bytes that <paramref name="packet"/> was parsed from.</param>
    /// <param name="packet">A segment that <see cref="Concerns"/> is true of.</param>
    /// <param name="most">The largest segment size.</param>
    public static bool Exceeds(ReadOnlySpan<byte> bytes, in ParsedFrame packet, ushort most)
    {
        int next = packet.L4Offset + TcpHeader.Length;
        while (TryFind(bytes, packet, ref next, out int value))
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(bytes[value..]) > most)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lowers every maximum segment size that is higher, and updates the checksum.</summary>
    /// <param name="bytes">The bytes that <paramref name="packet"/> was parsed from.</param>
    /// <param name="packet">A segment that <see cref="Concerns"/> is true of.</param>
    /// <param name="most">The largest segment size.</param>
    public static void Apply(Span<byte> bytes, in ParsedFrame packet, ushort most)
    {
        int next = packet.L4Offset + TcpHeader.Length;
        while (TryFind(bytes, packet, ref next, out int value))
        {
            ushort announced = BinaryPrimitives.ReadUInt16BigEndian(bytes[value..]);
            if (announced <= most)
            {
                continue;
            }

            BinaryPrimitives.WriteUInt16BigEndian(bytes[value..], most);

            // Behind an odd number of NOPs the value lies across two words of the sum: its bytes change places.
            bool isOdd = ((value - packet.L4Offset) & 1) != 0;
            ref TcpHeader tcp = ref MemoryMarshal.AsRef<TcpHeader>(bytes[packet.L4Offset..]);
            tcp.Checksum = isOdd
                ? Checksum.Update(
                    tcp.Checksum,
                    BinaryPrimitives.ReverseEndianness(announced),
                    BinaryPrimitives.ReverseEndianness(most))
                : Checksum.Update(tcp.Checksum, announced, most);
        }
    }

    /// <summary>Finds the next option of this kind; one that is cut or has an impossible length ends it.</summary>
    private static bool TryFind(ReadOnlySpan<byte> bytes, in ParsedFrame packet, ref int next, out int value)
    {
        value = 0;
        int end = Math.Min(packet.PayloadOffset, packet.L3End);
        while (next < end && bytes[next] != EndOfOptions)
        {
            int option = next;
            if (bytes[option] == NoOperation)
            {
                next++;
                continue;
            }

            int length = option + 1 < end ? bytes[option + 1] : 0;
            if (length < 2 || option + length > end)
            {
                return false;
            }

            next += length;
            if (bytes[option] == MaxSegmentSize && length == OptionLength)
            {
                value = option + ValueOffset;
                return true;
            }
        }

        return false;
    }
}
