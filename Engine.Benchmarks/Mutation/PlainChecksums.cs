using System.Buffers.Binary;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>Finds and sums the checksums of a frame byte by byte, with nothing of the engine's.</summary>
internal static class PlainChecksums
{
    private const int Tcp = 6;
    private const int Udp = 17;
    private const int Icmp = 1;
    private const int Icmpv6 = 58;

    /// <summary>Whether the IPv4 header's checksum is right; null for another or a broken header.</summary>
    public static bool? IsHeaderRight(ReadOnlySpan<byte> frame) =>
        TryFindIp(frame, out Packet packet) && !packet.IsV6
            ? Fold(Sum(frame.Slice(packet.Start, packet.HeaderLength))) == 0xFFFF
            : null;

    /// <summary>Whether the transport checksum is right; null where there is none, or not the whole datagram.</summary>
    public static bool? IsTransportRight(ReadOnlySpan<byte> frame)
    {
        if (!TryFindTransport(frame, out Packet packet, out int start, out int length, out int field)
            || (packet.Protocol == Udp && Read(frame, start + field) == 0))
        {
            return null;
        }

        return Fold(PseudoHeader(frame, packet, length) + Sum(frame.Slice(start, length))) == 0xFFFF;
    }

    /// <summary>Writes right checksums, the tunnel's first inside and then outside.</summary>
    public static void Repair(Span<byte> frame, int innerStart)
    {
        if (innerStart > 0 && innerStart < frame.Length)
        {
            RepairOne(frame[innerStart..]);
        }

        RepairOne(frame);
    }

    private static void RepairOne(Span<byte> frame)
    {
        if (!TryFindIp(frame, out Packet packet))
        {
            return;
        }

        if (!packet.IsV6)
        {
            Write(frame, packet.Start + 10, 0);
            Write(frame, packet.Start + 10, ~Fold(Sum(frame.Slice(packet.Start, packet.HeaderLength))));
        }

        if (TryFindTransport(frame, out packet, out int start, out int length, out int field)
            && !(packet.Protocol == Udp && Read(frame, start + field) == 0))
        {
            Write(frame, start + field, 0);
            int sum = Fold(PseudoHeader(frame, packet, length) + Sum(frame.Slice(start, length)));
            Write(frame, start + field, packet.Protocol == Udp && sum == 0xFFFF ? 0xFFFF : ~sum);
        }
    }

    private static bool TryFindTransport(
        ReadOnlySpan<byte> frame, out Packet packet, out int start, out int length, out int field)
    {
        start = length = field = 0;
        if (!TryFindIp(frame, out packet) || packet.IsFragment)
        {
            return false;
        }

        start = packet.Start + packet.HeaderLength;
        length = packet.End - start;
        field = packet.Protocol switch { Tcp => 16, Udp => 6, Icmp or Icmpv6 => 2, _ => -1 };
        if (packet.Protocol is Icmp or Icmpv6 && packet.IsV6 != (packet.Protocol == Icmpv6))
        {
            return false;
        }

        if (field < 0 || length < (packet.Protocol == Tcp ? 20 : 8))
        {
            return false;
        }

        if (packet.Protocol == Udp)
        {
            int datagram = Read(frame, start + 4);
            if (datagram < 8 || datagram > length)
            {
                return false;
            }

            length = datagram;
        }

        return true;
    }

    private static bool TryFindIp(ReadOnlySpan<byte> frame, out Packet packet)
    {
        packet = default;
        int at = 12;
        while (at + 4 <= frame.Length && Read(frame, at) is 0x8100 or 0x88A8 or 0x9100)
        {
            at += 4;
        }

        int start = at + 2;
        if (start + 20 > frame.Length)
        {
            return false;
        }

        int type = Read(frame, at);
        if (type == 0x0800 && frame[start] >> 4 == 4)
        {
            int header = (frame[start] & 0xF) * 4;
            int total = Read(frame, start + 2);
            bool isFragment = (Read(frame, start + 6) & 0x3FFF) != 0;
            packet = new Packet(false, start, header, start + total, frame[start + 9], isFragment);
            return header >= 20 && total >= header && packet.End <= frame.Length;
        }

        if (type == 0x86DD && start + 40 <= frame.Length && frame[start] >> 4 == 6)
        {
            // Packets with extension headers have no transport here; the parser's own tests look at those.
            packet = new Packet(true, start, 40, start + 40 + Read(frame, start + 4), frame[start + 6], false);
            return packet.End <= frame.Length;
        }

        return false;
    }

    private static long PseudoHeader(ReadOnlySpan<byte> frame, in Packet packet, int length) =>
        packet.Protocol == Icmp ? 0
        : packet.Protocol + length
            + Sum(frame.Slice(packet.Start + (packet.IsV6 ? 8 : 12), packet.IsV6 ? 32 : 8));

    private static long Sum(ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        for (int i = 0; i + 1 < bytes.Length; i += 2)
        {
            sum += Read(bytes, i);
        }

        return bytes.Length % 2 == 0 ? sum : sum + (bytes[^1] << 8);
    }

    private static int Fold(long sum)
    {
        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (int)sum;
    }

    private static int Read(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private static void Write(Span<byte> bytes, int at, int value) =>
        BinaryPrimitives.WriteUInt16BigEndian(bytes[at..], (ushort)value);

    private readonly record struct Packet(
        bool IsV6, int Start, int HeaderLength, int End, byte Protocol, bool IsFragment);
}
