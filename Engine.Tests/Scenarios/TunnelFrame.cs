using System.Buffers.Binary;
using System.Net;
using VxlanEngine.Tests.Frames;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>A VXLAN packet taken apart by its offsets alone, without the engine's parser.</summary>
/// <remarks>The outer headers have no options, extensions or tags: the kernel writes none.</remarks>
internal sealed class TunnelFrame
{
    private const int IpOffset = 14;
    private const int UdpLength = 8;
    private const int VxlanLength = 8;

    private readonly byte[] _bytes;
    private readonly int _udpOffset;
    private readonly bool _isIpv4;

    public TunnelFrame(byte[] bytes)
    {
        _bytes = bytes;
        _isIpv4 = UInt16(12) == 0x0800;
        _udpOffset = IpOffset + (_isIpv4 ? 20 : 40);
    }

    /// <summary>True for a frame to the port of VXLAN from the range that source ports are chosen from.</summary>
    public static bool IsTunnel(byte[] frame)
    {
        int udp = frame.Length > 24 && frame[12] == 0x08 && frame[23] == 17 ? IpOffset + 20
            : frame.Length > 24 && frame[12] == 0x86 && frame[20] == 17 ? IpOffset + 40
            : frame.Length;
        return frame.Length >= udp + UdpLength + VxlanLength
            && BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(udp)) >= 49152
            && BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(udp + 2)) == 4789;
    }

    public int SourcePort => UInt16(_udpOffset);

    public IPAddress Vtep => new(_isIpv4 ? _bytes.AsSpan(30, 4) : _bytes.AsSpan(38, 16));

    public byte[] Inner => _bytes[(_udpOffset + UdpLength + VxlanLength)..];

    /// <summary>
    /// Whether the outer checksums are right: IPv4's header, and the datagram's, which only IPv4 may leave out.
    /// </summary>
    public bool HasRightChecksums
    {
        get
        {
            if (_isIpv4 && FrameBuilder.InternetChecksum(_bytes.AsSpan(IpOffset, 20)) != 0)
            {
                return false;
            }

            if (!HasUdpChecksum)
            {
                return _isIpv4;
            }

            byte[] datagram = _bytes[_udpOffset..];
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, datagram.Length);
            Span<byte> addresses = _isIpv4 ? _bytes.AsSpan(26, 8) : _bytes.AsSpan(22, 32);
            return FrameBuilder.InternetChecksum([.. addresses, .. length, 0, 0, 0, 17, .. datagram]) == 0;
        }
    }

    /// <summary>The bytes with zeros where every sender may write what it likes.</summary>
    public byte[] WithoutFreeFields
    {
        get
        {
            byte[] bytes = WithoutSourcePort;
            if (_isIpv4)
            {
                bytes.AsSpan(IpOffset + 4, 2).Clear(); // Identification
                bytes.AsSpan(IpOffset + 10, 2).Clear(); // Header checksum
            }

            return bytes;
        }
    }

    /// <summary>The bytes with zeros for the UDP source port, and ones for a checksum that covers it.</summary>
    public byte[] WithoutSourcePort
    {
        get
        {
            byte[] bytes = [.. _bytes];
            bytes.AsSpan(_udpOffset, 2).Clear();
            if (HasUdpChecksum)
            {
                bytes.AsSpan(_udpOffset + 6, 2).Fill(0xFF);
            }

            return bytes;
        }
    }

    /// <summary>
    /// What names the inner flow: VLAN tags, addresses, protocol, and ports, ICMP identifier or, of a fragment, the
    /// datagram.
    /// </summary>
    public string InnerFlow
    {
        get
        {
            byte[] inner = Inner;
            string tags = string.Empty;
            while (inner.AsSpan(12, 2) is [0x81, 0x00] or [0x88, 0xA8])
            {
                tags += $"{Hex.Text(inner.AsSpan(14, 2))} ";
                inner = [.. inner[..12], .. inner[16..]];
            }

            bool isIpv4 = inner[12] == 0x08;
            byte protocol = isIpv4 ? inner[23] : inner[20];
            byte[] addresses = isIpv4 ? inner[26..34] : inner[22..54];
            int transport = isIpv4 ? 14 + ((inner[14] & 15) * 4) : 54;
            while (!isIpv4 && protocol is 0 or 60)
            {
                protocol = inner[transport];
                transport += (inner[transport + 1] + 1) * 8;
            }

            const byte Icmp = 1;
            const byte Icmpv6 = 58;
            const byte Fragment = 44;
            bool isFragment = isIpv4
                ? (BinaryPrimitives.ReadUInt16BigEndian(inner.AsSpan(20)) & 0x3FFF) != 0
                : protocol == Fragment;
            byte[] rest = (isFragment, isIpv4) switch
            {
                (true, true) => inner[18..20],
                (true, false) => inner[(transport + 4)..(transport + 8)],
                _ when protocol is Icmp or Icmpv6 => inner[(transport + 4)..(transport + 6)],
                _ => inner[transport..(transport + 4)],
            };
            return $"{tags}{protocol} {Hex.Text(addresses)} {Hex.Text(rest)}";
        }
    }

    private bool HasUdpChecksum => UInt16(_udpOffset + 6) != 0;

    private int UInt16(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(offset));
}
