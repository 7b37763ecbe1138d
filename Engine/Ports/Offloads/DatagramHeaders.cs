using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Offloads;

/// <summary>What stands in front of a UDP datagram's payload: Ethernet, IP without options or tags, and UDP.</summary>
/// <remarks>
/// Datagrams whose headers differ in lengths, identification and checksums alone can go as one super-frame (UDP
/// segmentation offload, VIRTIO_NET_HDR_GSO_UDP_L4): all but the last are of one length. Thread: any; it is a value.
/// </remarks>
internal readonly record struct DatagramHeaders
{
    /// <summary>Most bytes in front of a payload.</summary>
    public const int MaxLength = EthernetHeader.Length + Ipv6Header.Length + UdpHeader.Length;

    private const int V4Length = EthernetHeader.Length + Ipv4Header.Length + UdpHeader.Length;
    private const int TypeOffset = 2 * MacAddress.Length;
    private const byte V4WithoutOptions = 0x45;
    private const int V4FragmentOffset = EthernetHeader.Length + 6;
    private const int V4ProtocolOffset = EthernetHeader.Length + 9;
    private const int V4AddressesOffset = EthernetHeader.Length + 12;
    private const int V6ProtocolOffset = EthernetHeader.Length + 6;
    private const int V6AddressesOffset = EthernetHeader.Length + 8;
    private const int IpLengthOffset = 2;
    private const int PortsLength = 4;
    private const ushort FragmentBits = 0x3FFF;
    private const byte DontFragmentBit = 0x40;
    private const ulong HashFactor = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Bytes in front of the payload.</summary>
    public int Length { get; private init; }

    /// <summary>Bytes of the payload.</summary>
    public int PayloadLength { get; private init; }

    /// <summary>Where the UDP header begins.</summary>
    public int TransportOffset => Length - UdpHeader.Length;

    /// <summary>Reads the headers of a datagram that may go with others.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="headers">Its headers.</param>
    /// <returns>
    /// False for another frame: a fragment, one with a tag, padding or without payload, too. False also where whoever
    /// cuts would change what it means: its number, where it may be fragmented (RFC 6864 §4), or a wrong checksum.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> frame, out DatagramHeaders headers)
    {
        if (!TryFind(frame, out headers) || headers.PayloadLength == 0 || !headers.HasNoNumber(frame))
        {
            return false;
        }

        ReadOnlySpan<byte> ip = frame[EthernetHeader.Length..];
        int packet = headers.Length == V4Length
            ? BinaryPrimitives.ReadUInt16BigEndian(ip[IpLengthOffset..])
            : Ipv6Header.Length + MemoryMarshal.AsRef<Ipv6Header>(ip).PayloadLength;
        int datagram = MemoryMarshal.AsRef<UdpHeader>(frame[headers.TransportOffset..]).DatagramLength;
        return packet == ip.Length
            && datagram == frame.Length - headers.TransportOffset
            && headers.HasRightChecksum(frame);
    }

    /// <summary>Finds the headers of what may be longer than they say.</summary>
    /// <param name="frame">A super-frame.</param>
    /// <param name="headers">Its headers.</param>
    /// <returns>False when it is no datagram without options or tags.</returns>
    public static bool TryFind(ReadOnlySpan<byte> frame, out DatagramHeaders headers)
    {
        int length = LengthOf(frame);
        headers = new DatagramHeaders { Length = length, PayloadLength = frame.Length - length };
        return length > 0;
    }

    /// <summary>True when the packet's identification means nothing: it is never fragmented, or has none.</summary>
    /// <param name="frame">The frame that these are the headers of.</param>
    public bool HasNoNumber(ReadOnlySpan<byte> frame) =>
        Length != V4Length || (frame[V4FragmentOffset] & DontFragmentBit) != 0;

    /// <summary>A number that all frames of a flow have in common, and few others.</summary>
    /// <remarks>
    /// UDP that is no fragment goes by addresses and ports, other IP by addresses; all else is one flow.
    /// </remarks>
    /// <param name="frame">The frame.</param>
    public static uint FlowOf(ReadOnlySpan<byte> frame)
    {
        int ports = LengthOf(frame) - UdpHeader.Length;
        ulong hash = ports > 0 ? BinaryPrimitives.ReadUInt32BigEndian(frame[ports..]) : 0;
        ushort type = frame.Length >= V4Length ? BinaryPrimitives.ReadUInt16BigEndian(frame[TypeOffset..]) : (ushort)0;
        if (type == (ushort)EtherType.Ipv4)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64BigEndian(frame[V4AddressesOffset..]));
        }
        else if (type == (ushort)EtherType.Ipv6 && frame.Length >= MaxLength)
        {
            ReadOnlySpan<ulong> addresses = MemoryMarshal.Cast<byte, ulong>(
                frame.Slice(V6AddressesOffset, 4 * sizeof(ulong)));
            hash = Mix(Mix(hash, addresses[0] ^ addresses[1]), addresses[2] ^ addresses[3]);
        }

        return (uint)(hash >> 32) ^ (uint)hash;
    }

    /// <summary>True for two datagrams that go the same way, in the same manner.</summary>
    /// <param name="frame">The frame that these are the headers of.</param>
    /// <param name="other">Another one with as many bytes of headers.</param>
    public bool AreLikeThose(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> other) => Length == V4Length
        ? AreEqual(frame, other, 0, EthernetHeader.Length + IpLengthOffset)
            && AreEqual(frame, other, V4FragmentOffset, V4ProtocolOffset + 1)
            && AreEqual(frame, other, V4AddressesOffset, V4Length - UdpHeader.Length + PortsLength)
        : AreEqual(frame, other, 0, EthernetHeader.Length + 4)
            && AreEqual(frame, other, V6ProtocolOffset, MaxLength - UdpHeader.Length + PortsLength);

    /// <summary>Writes the headers of a super-frame.</summary>
    /// <param name="frame">The frame that these are the headers of, the first one.</param>
    /// <param name="payloadLength">Bytes of all payloads.</param>
    /// <param name="headers">
    /// Receives <see cref="Length"/> bytes. The UDP checksum is the sum of the pseudo-header: whoever cuts the
    /// super-frame makes that of each datagram, also where there was none.
    /// </param>
    public void Write(ReadOnlySpan<byte> frame, int payloadLength, Span<byte> headers)
    {
        headers = headers[..Length];
        frame[..Length].CopyTo(headers);
        int datagram = UdpHeader.Length + payloadLength;
        Span<byte> ip = headers[EthernetHeader.Length..TransportOffset];
        Span<byte> addresses;
        if (Length == V4Length)
        {
            ref Ipv4Header header = ref MemoryMarshal.AsRef<Ipv4Header>(ip);
            header.TotalLength = (ushort)(Ipv4Header.Length + datagram);
            header.Checksum = 0;
            header.Checksum = Checksum.Compute(ip);
            addresses = headers[V4AddressesOffset..TransportOffset];
        }
        else
        {
            MemoryMarshal.AsRef<Ipv6Header>(ip).PayloadLength = (ushort)datagram;
            addresses = headers[V6AddressesOffset..TransportOffset];
        }

        ref UdpHeader udp = ref MemoryMarshal.AsRef<UdpHeader>(headers[TransportOffset..]);
        udp.DatagramLength = (ushort)datagram;
        udp.Checksum = (ushort)~Checksum.Finish(Checksum.Sum(addresses) + (uint)IpProtocol.Udp + (uint)datagram);
    }

    private bool HasRightChecksum(ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> datagram = frame[TransportOffset..];
        if (MemoryMarshal.AsRef<UdpHeader>(datagram).Checksum == 0)
        {
            return true;
        }

        int addresses = Length == V4Length ? V4AddressesOffset : V6AddressesOffset;
        uint sum = Checksum.Sum(frame[addresses..TransportOffset]) + (uint)IpProtocol.Udp + (uint)datagram.Length;
        return Checksum.IsValid(datagram, sum);
    }

    private static bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int start, int end) =>
        left[start..end].SequenceEqual(right[start..end]);

    private static ulong Mix(ulong hash, ulong value)
    {
        ulong product = (hash ^ value) * HashFactor;
        return product ^ (product >> 29);
    }

    /// <summary>Bytes in front of a datagram's payload; 0 for what is none, or has more to it.</summary>
    private static int LengthOf(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < V4Length)
        {
            return 0;
        }

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[TypeOffset..]);
        if (type == (ushort)EtherType.Ipv4)
        {
            bool isWhole = frame[EthernetHeader.Length] == V4WithoutOptions
                && (BinaryPrimitives.ReadUInt16BigEndian(frame[V4FragmentOffset..]) & FragmentBits) == 0;
            return isWhole && frame[V4ProtocolOffset] == (byte)IpProtocol.Udp ? V4Length : 0;
        }

        return type == (ushort)EtherType.Ipv6
            && frame.Length >= MaxLength
            && frame[V6ProtocolOffset] == (byte)IpProtocol.Udp
            ? MaxLength
            : 0;
    }
}
