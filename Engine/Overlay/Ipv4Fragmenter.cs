using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Cuts IPv4 packets into fragments (RFC 791 §3.2); a fragment may be cut again.</summary>
public static class Ipv4Fragmenter
{
    /// <summary>The smallest MTU that packets are fragmented for (RFC 791 §3.2).</summary>
    public const int MinMtu = 68;

    private const int Unit = 8;
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;
    private const byte CopyFlag = 0x80;

    /// <summary>Bytes of payload that every fragment but the last one holds.</summary>
    /// <param name="mtu">Largest packet, at least <see cref="MinMtu"/>.</param>
    /// <param name="headerLength">Bytes of the packet's header, options included.</param>
    public static int PayloadFor(int mtu, int headerLength) => (mtu - headerLength) / Unit * Unit;

    /// <summary>Writes one fragment.</summary>
    /// <param name="frame">Link header and packet, without padding.</param>
    /// <param name="linkLength">Bytes of the link header, which every fragment gets.</param>
    /// <param name="start">Where in the packet's payload the fragment begins: a multiple of 8.</param>
    /// <param name="most">Bytes of payload at most: a multiple of 8.</param>
    /// <param name="fragment">
    /// Receives the fragment: no more than link header, header and <paramref name="most"/>.
    /// </param>
    /// <returns>Bytes of the fragment.</returns>
    public static int Write(ReadOnlySpan<byte> frame, int linkLength, int start, int most, Span<byte> fragment)
    {
        ReadOnlySpan<byte> packet = frame[linkLength..];
        ref readonly Ipv4Header original = ref MemoryMarshal.AsRef<Ipv4Header>(packet);
        ReadOnlySpan<byte> payload = packet[original.HeaderLength..];
        int length = Math.Min(most, payload.Length - start);
        frame[..linkLength].CopyTo(fragment);
        Span<byte> header = fragment[linkLength..];
        packet[..Ipv4Header.Length].CopyTo(header);
        ReadOnlySpan<byte> options = packet[Ipv4Header.Length..original.HeaderLength];
        int headerLength = Ipv4Header.Length;
        headerLength += start == 0
            ? Copy(options, header[Ipv4Header.Length..])
            : CopyFlagged(options, header[Ipv4Header.Length..]);
        payload.Slice(start, length).CopyTo(header[headerLength..]);

        header[0] = (byte)(0x40 | (headerLength / 4));
        ref Ipv4Header ip = ref MemoryMarshal.AsRef<Ipv4Header>(header);
        ip.TotalLength = (ushort)(headerLength + length);
        bool isLast = start + length == payload.Length;
        ip.ReplaceFragment(original.FragmentOffset + start, original.MoreFragments || !isLast);

        // Updated, not repaired: a checksum that was wrong stays as wrong (RFC 1624).
        uint before = Checksum.Sum(packet[..original.HeaderLength]) + (ushort)~original.Checksum;
        ip.Checksum = 0;
        uint after = Checksum.Sum(header[..headerLength]);
        ip.Checksum = Checksum.Update(original.Checksum, (ushort)~Checksum.Finish(before), (ushort)after);
        return linkLength + headerLength + length;
    }

    private static int Copy(ReadOnlySpan<byte> options, Span<byte> to)
    {
        options.CopyTo(to);
        return options.Length;
    }

    /// <summary>Copies the options that every fragment carries, and fills up to a multiple of four bytes.</summary>
    private static int CopyFlagged(ReadOnlySpan<byte> options, Span<byte> to)
    {
        int written = 0;
        while (!options.IsEmpty && options[0] != EndOfOptions)
        {
            int length = options[0] == NoOperation ? 1 : options.Length > 1 ? options[1] : 0;
            if (length == 0 || length > options.Length || (length == 1 && options[0] != NoOperation))
            {
                break;
            }

            if ((options[0] & CopyFlag) != 0)
            {
                options[..length].CopyTo(to[written..]);
                written += length;
            }

            options = options[length..];
        }

        int padded = (written + 3) / 4 * 4;
        to[written..padded].Clear();
        return padded;
    }
}
