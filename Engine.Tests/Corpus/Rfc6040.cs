using System.Buffers.Binary;

namespace VxlanEngine.Tests.Corpus;

/// <summary>What congestion notification makes of an inner packet, written down from RFC 6040 figure 4.</summary>
internal static class Rfc6040
{
    private const int Drop = -1;

    /// <summary>Rows: inner Not-ECT, ECT(1), ECT(0), CE. Columns: the same of the outer header.</summary>
    private static readonly int[,] Outcome =
    {
        { 0b00, 0b00, 0b00, Drop },
        { 0b01, 0b01, 0b01, 0b11 },
        { 0b10, 0b01, 0b10, 0b11 },
        { 0b11, 0b11, 0b11, 0b11 },
    };

    /// <summary>The code point that leaves the tunnel, or null when the packet must be dropped.</summary>
    public static int? Decapsulate(int inner, int outer) =>
        Outcome[inner, outer] == Drop ? null : Outcome[inner, outer];

    /// <summary>Reads the code point of the IP header that a span starts with.</summary>
    public static int Read(ReadOnlySpan<byte> ip) => IsIpv4(ip) ? ip[1] & 3 : (ip[1] >> 4) & 3;

    /// <summary>Writes the code point of the IP header that a span starts with, and an IPv4 checksum anew.</summary>
    public static void Write(Span<byte> ip, int codePoint)
    {
        if (!IsIpv4(ip))
        {
            ip[1] = (byte)((ip[1] & 0b1100_1111) | (codePoint << 4));
            return;
        }

        ip[1] = (byte)((ip[1] & 0b1111_1100) | codePoint);
        ip[10..12].Clear();
        uint sum = 0;
        for (int i = 0; i < HeaderLength(ip); i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(ip[i..]);
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~(sum + (sum >> 16)));
    }

    /// <summary>Bytes of the IP header that a span starts with; IPv6 without extension headers.</summary>
    public static int HeaderLength(ReadOnlySpan<byte> ip) => IsIpv4(ip) ? (ip[0] & 0xF) * 4 : 40;

    private static bool IsIpv4(ReadOnlySpan<byte> ip) => ip[0] >> 4 == 4;
}
