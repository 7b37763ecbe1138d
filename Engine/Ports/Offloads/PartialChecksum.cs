using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Offloads;

/// <summary>Tells at a glance that a frame has no partial checksum, for ports that are not told.</summary>
internal static class PartialChecksum
{
    private const int TcpChecksumOffset = 16;
    private const int UdpChecksumOffset = 6;
    private const int Transport = EthernetHeader.Length + Ipv4Header.Length;

    /// <summary>
    /// True for frames as most are, of TCP or UDP over IPv4 without options, perhaps in VXLAN over such, whose
    /// checksums are not the sums of their pseudo-headers.
    /// </summary>
    /// <returns>False when one is, or the frame has to be looked at in earnest.</returns>
    public static bool IsSurelyAbsent(ReadOnlySpan<byte> frame) =>
        IsSurelyAbsent(frame, out ReadOnlySpan<byte> tunnelled)
        && (tunnelled.IsEmpty || (IsSurelyAbsent(tunnelled, out ReadOnlySpan<byte> deeper) && deeper.IsEmpty));

    private static bool IsSurelyAbsent(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> tunnelled)
    {
        tunnelled = default;
        if (frame.Length < Transport + UdpHeader.Length)
        {
            return false;
        }

        ref readonly Ipv4Header ip = ref MemoryMarshal.AsRef<Ipv4Header>(frame[EthernetHeader.Length..]);
        bool isPlain = MemoryMarshal.AsRef<EthernetHeader>(frame).EtherType == EtherType.Ipv4
            && ip.Version == 4
            && ip.HeaderLength == Ipv4Header.Length
            && !ip.IsFragment;
        int offset = ip.Protocol switch
        {
            IpProtocol.Tcp => TcpChecksumOffset,
            IpProtocol.Udp => UdpChecksumOffset,
            _ => -1,
        };
        ReadOnlySpan<byte> segment = frame[Transport..];
        if (!isPlain || offset < 0 || segment.Length < offset + UInt16BE.Length)
        {
            return false;
        }

        int length = ip.TotalLength - Ipv4Header.Length;
        ushort checksum = MemoryMarshal.Read<UInt16BE>(segment[offset..]);
        if (checksum == (ushort)Checksum.PseudoHeader(ip.Source, ip.Destination, ip.Protocol, length))
        {
            return false;
        }

        ushort port = MemoryMarshal.Read<UdpHeader>(segment).DestinationPort;
        if (offset == UdpChecksumOffset && TunnelProtocols.At(port) is not null)
        {
            int start = UdpHeader.Length + VxlanHeader.Length;
            tunnelled = port == VxlanHeader.UdpPort && segment.Length > start ? segment[start..] : default;
            return !tunnelled.IsEmpty;
        }

        return true;
    }
}
