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

    public int SourcePort => UInt16(_udpOffset);

    public IPAddress Vtep => new(_isIpv4 ? _bytes.AsSpan(30, 4) : _bytes.AsSpan(38, 16));

    public byte[] Inner => _bytes[(_udpOffset + UdpLength + VxlanLength)..];

    /// <summary>Whether the outer checksums are right: IPv4's header, and over IPv6 the datagram.</summary>
    public bool HasRightChecksums
    {
        get
        {
            if (_isIpv4)
            {
                return FrameBuilder.InternetChecksum(_bytes.AsSpan(IpOffset, 20)) == 0 && UInt16(_udpOffset + 6) == 0;
            }

            byte[] datagram = _bytes[_udpOffset..];
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, datagram.Length);
            byte[] pseudoHeader = [.. _bytes.AsSpan(22, 32), .. length, 0, 0, 0, 17];
            return FrameBuilder.InternetChecksum([.. pseudoHeader, .. datagram]) == 0 && UInt16(_udpOffset + 6) != 0;
        }
    }

    /// <summary>The bytes with zeros where every sender may write what it likes.</summary>
    public byte[] WithoutFreeFields
    {
        get
        {
            byte[] bytes = [.. _bytes];
            bytes.AsSpan(_udpOffset, 2).Clear();
            if (_isIpv4)
            {
                bytes.AsSpan(IpOffset + 4, 2).Clear(); // Identification
                bytes.AsSpan(IpOffset + 10, 2).Clear(); // Header checksum
            }
            else
            {
                bytes.AsSpan(_udpOffset + 6, 2).Clear(); // The UDP checksum covers the source port.
            }

            return bytes;
        }
    }

    /// <summary>
    /// What names the inner flow: addresses, protocol, and ports, ICMP identifier or, of a fragment, the datagram.
    /// </summary>
    public string InnerFlow
    {
        get
        {
            byte[] inner = Inner;
            bool isIpv4 = inner[12] == 0x08;
            byte protocol = isIpv4 ? inner[23] : inner[20];
            byte[] addresses = isIpv4 ? inner[26..34] : inner[22..54];
            int transport = isIpv4 ? 34 : 54;
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
            return $"{protocol} {Hex.Text(addresses)} {Hex.Text(rest)}";
        }
    }

    private int UInt16(int offset) => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(offset));
}
