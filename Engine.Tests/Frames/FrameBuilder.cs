using System.Buffers.Binary;
using System.Net;
using System.Text;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Frames;

/// <summary>
/// Builds frames layer by layer, the way they are read aloud:
/// <c>FrameBuilder.Ethernet(a, b).Vlan(5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 53).Payload("x").Build()</c>.
/// </summary>
/// <remarks>
/// Lengths, protocol numbers and checksums are right unless a parameter overrides them, which is how malformed frames
/// are made. Everything is computed here, byte by byte, with nothing of the engine's but its enumerations: what the
/// engine reads and writes is compared with an independent opinion.
/// </remarks>
public sealed class FrameBuilder
{
    public const string MacA = "02:00:00:00:00:0a";
    public const string MacB = "02:00:00:00:00:0b";

    /// <summary>The protocol number of a payload that no layer announces: for experiments (RFC 3692).</summary>
    private const byte ExperimentalProtocol = 253;

    private readonly List<Layer> _layers = [];
    private int _padding;

    private FrameBuilder()
    {
    }

    /// <summary>What stands for one layer: how others announce it, and how it wraps the bytes behind it.</summary>
    private sealed record Layer(Func<int, byte[], byte[]> Wrap)
    {
        public ushort? EtherType { get; init; }

        public byte? Protocol { get; init; }

        public (byte[] Source, byte[] Destination)? Addresses { get; init; }
    }

    /// <summary>Starts a frame.</summary>
    public static FrameBuilder Ethernet(string source = MacA, string destination = MacB, ushort? type = null) =>
        new FrameBuilder().InnerEthernet(source, destination, type);

    /// <summary>Starts a packet without link header.</summary>
    public static FrameBuilder Bare() => new();

    /// <summary>Starts the frame that a tunnel header carries.</summary>
    public FrameBuilder InnerEthernet(string source = MacA, string destination = MacB, ushort? type = null) =>
        Add(new Layer((i, rest) => [.. Mac(destination), .. Mac(source), .. Be16(type ?? TypeAfter(i)), .. rest]));

    public FrameBuilder Vlan(
        int id, int priority = 0, bool dropEligible = false, ushort tagType = 0x8100, ushort? type = null)
    {
        int tci = (priority << 13) | (dropEligible ? 0x1000 : 0) | id;
        return Add(new Layer((i, rest) => [.. Be16(tci), .. Be16(type ?? TypeAfter(i)), .. rest])
        {
            EtherType = tagType,
        });
    }

    public FrameBuilder Arp(
        int operation,
        string senderMac,
        string sender,
        string targetMac,
        string target,
        int hardware = 1,
        int protocol = 0x0800,
        int hardwareLength = 6,
        int protocolLength = 4)
    {
        byte[] packet =
        [
            .. Be16(hardware), .. Be16(protocol), (byte)hardwareLength, (byte)protocolLength, .. Be16(operation),
            .. Mac(senderMac), .. Address(sender), .. Mac(targetMac), .. Address(target),
        ];
        return Add(new Layer((_, rest) => [.. packet, .. rest]) { EtherType = 0x0806 });
    }

    public FrameBuilder ArpRequest(string senderMac, string sender, string target) =>
        Arp(1, senderMac, sender, "00:00:00:00:00:00", target);

    public FrameBuilder ArpReply(string senderMac, string sender, string targetMac, string target) =>
        Arp(2, senderMac, sender, targetMac, target);

    public FrameBuilder Ipv4(
        string source,
        string destination,
        byte ttl = 64,
        byte tos = 0,
        int id = 0,
        bool dontFragment = false,
        bool moreFragments = false,
        int fragmentOffset = 0,
        byte? protocol = null,
        int? totalLength = null,
        int? checksum = null,
        byte[]? options = null,
        int version = 4,
        int? headerWords = null)
    {
        byte[] optionBytes = options ?? [];
        int words = headerWords ?? (20 + optionBytes.Length) / 4;
        int flags = (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0) | (fragmentOffset / 8);
        (byte[] Source, byte[] Destination) addresses = (Address(source), Address(destination));
        return Add(new Layer(Wrap) { EtherType = 0x0800, Protocol = 4, Addresses = addresses });

        byte[] Wrap(int i, byte[] rest)
        {
            byte[] header =
            [
                (byte)((version << 4) | words), tos, .. Be16(totalLength ?? 20 + optionBytes.Length + rest.Length),
                .. Be16(id), .. Be16(flags),
                ttl, protocol ?? ProtocolAfter(i), 0, 0,
                .. addresses.Source, .. addresses.Destination, .. optionBytes,
            ];
            Put16(header, 10, checksum ?? InternetChecksum(header));
            return [.. header, .. rest];
        }
    }

    public FrameBuilder Ipv6(
        string source,
        string destination,
        byte hopLimit = 64,
        byte trafficClass = 0,
        int flowLabel = 0,
        byte? nextHeader = null,
        int? payloadLength = null,
        int version = 6)
    {
        (byte[] Source, byte[] Destination) addresses = (Address(source), Address(destination));
        return Add(new Layer(Wrap) { EtherType = 0x86DD, Protocol = 41, Addresses = addresses });

        byte[] Wrap(int i, byte[] rest) =>
        [
            .. Be32(((uint)version << 28) | ((uint)trafficClass << 20) | (uint)flowLabel),
            .. Be16(payloadLength ?? rest.Length), nextHeader ?? ProtocolAfter(i), hopLimit,
            .. addresses.Source, .. addresses.Destination, .. rest,
        ];
    }

    /// <summary>An IPv6 extension header, not fragment; <paramref name="body"/> is padded to its unit.</summary>
    public FrameBuilder Extension(IpProtocol kind, byte[]? body = null, byte? nextHeader = null, byte? length = null)
    {
        bool isAuthentication = kind == IpProtocol.AuthenticationHeader;
        List<byte> content = [.. body ?? (isAuthentication ? new byte[10] : [])];
        while ((content.Count + 2) % (isAuthentication ? 4 : 8) != 0)
        {
            content.Add(0); // Pad1.
        }

        int field = isAuthentication ? ((content.Count + 2) / 4) - 2 : ((content.Count + 2) / 8) - 1;
        return Add(new Layer((i, rest) => [nextHeader ?? ProtocolAfter(i), length ?? (byte)field, .. content, .. rest])
        {
            Protocol = (byte)kind,
        });
    }

    /// <summary>An IPv6 fragment header.</summary>
    public FrameBuilder Fragment(uint id, int offset, bool more, byte? nextHeader = null) =>
        Add(new Layer((i, rest) =>
            [nextHeader ?? ProtocolAfter(i), 0, .. Be16(offset | (more ? 1 : 0)), .. Be32(id), .. rest])
        {
            Protocol = 44,
        });

    public FrameBuilder Tcp(
        int sourcePort,
        int destinationPort,
        TcpFlags flags = TcpFlags.Ack,
        uint sequence = 1,
        uint? acknowledgment = null,
        int window = 65535,
        byte[]? options = null,
        int? checksum = null,
        int? headerWords = null)
    {
        byte[] optionBytes = options ?? [];
        int words = headerWords ?? (20 + optionBytes.Length) / 4;
        uint next = acknowledgment ?? (flags.HasFlag(TcpFlags.Ack) ? 1u : 0);
        return Add(new Layer(Wrap) { Protocol = 6 });

        byte[] Wrap(int i, byte[] rest)
        {
            byte[] segment =
            [
                .. Be16(sourcePort), .. Be16(destinationPort), .. Be32(sequence), .. Be32(next),
                (byte)(words << 4), (byte)flags, .. Be16(window), 0, 0, 0, 0, .. optionBytes, .. rest,
            ];
            Put16(segment, 16, checksum ?? TransportChecksum(i, 6, segment));
            return segment;
        }
    }

    /// <summary>A UDP header; a <paramref name="checksum"/> of 0 is none.</summary>
    public FrameBuilder Udp(int sourcePort, int destinationPort, int? length = null, int? checksum = null)
    {
        return Add(new Layer(Wrap) { Protocol = 17 });

        byte[] Wrap(int i, byte[] rest)
        {
            byte[] datagram =
                [.. Be16(sourcePort), .. Be16(destinationPort), .. Be16(length ?? 8 + rest.Length), 0, 0, .. rest];
            int computed = TransportChecksum(i, 17, datagram);
            Put16(datagram, 6, checksum ?? (computed == 0 ? 0xFFFF : computed));
            return datagram;
        }
    }

    public FrameBuilder Sctp(int sourcePort, int destinationPort, uint verificationTag = 1, uint? checksum = null)
    {
        return Add(new Layer(Wrap) { Protocol = 132 });

        byte[] Wrap(int i, byte[] rest)
        {
            byte[] packet =
                [.. Be16(sourcePort), .. Be16(destinationPort), .. Be32(verificationTag), 0, 0, 0, 0, .. rest];
            BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), checksum ?? Crc32C(packet));
            return packet;
        }
    }

    /// <summary>An ICMPv4 message; what it carries follows as payload or as a quoted packet's layers.</summary>
    public FrameBuilder Icmp(byte type, byte code = 0, uint restOfHeader = 0, int? checksum = null)
    {
        return Add(new Layer(Wrap) { Protocol = 1 });

        byte[] Wrap(int i, byte[] rest)
        {
            byte[] message = [type, code, 0, 0, .. Be32(restOfHeader), .. rest];
            Put16(message, 2, checksum ?? InternetChecksum(message));
            return message;
        }
    }

    /// <summary>An ICMPv6 message; what it carries follows as payload or as a quoted packet's layers.</summary>
    public FrameBuilder Icmpv6(byte type, byte code = 0, uint restOfHeader = 0, int? checksum = null)
    {
        return Add(new Layer(Wrap) { Protocol = 58 });

        byte[] Wrap(int i, byte[] rest)
        {
            byte[] message = [type, code, 0, 0, .. Be32(restOfHeader), .. rest];
            Put16(message, 2, checksum ?? TransportChecksum(i, 58, message));
            return message;
        }
    }

    public FrameBuilder IcmpEchoRequest(int id, int sequence) => Icmp(8, 0, ((uint)id << 16) | (uint)sequence);

    public FrameBuilder IcmpEchoReply(int id, int sequence) => Icmp(0, 0, ((uint)id << 16) | (uint)sequence);

    public FrameBuilder Icmpv6EchoRequest(int id, int sequence) => Icmpv6(128, 0, ((uint)id << 16) | (uint)sequence);

    public FrameBuilder Icmpv6EchoReply(int id, int sequence) => Icmpv6(129, 0, ((uint)id << 16) | (uint)sequence);

    /// <summary>A neighbour solicitation, with the source link-layer address option unless told otherwise.</summary>
    public FrameBuilder NeighborSolicitation(string target, string? sourceMac = MacA) =>
        Icmpv6(135).Payload([.. Address(target), .. LinkLayerOption(1, sourceMac)]);

    /// <summary>A neighbour advertisement; <paramref name="flags"/> are R 0x80, S 0x40, O 0x20.</summary>
    public FrameBuilder NeighborAdvertisement(string target, string? targetMac = MacA, byte flags = 0x60) =>
        Icmpv6(136, 0, (uint)flags << 24).Payload([.. Address(target), .. LinkLayerOption(2, targetMac)]);

    /// <summary>An IGMP message without group records.</summary>
    public FrameBuilder Igmp(byte type, string group, byte maxResponseTime = 100)
    {
        return Igmp([type, maxResponseTime, 0, 0, .. Address(group)]);
    }

    /// <summary>A whole IGMP message, whose checksum is put in.</summary>
    public FrameBuilder Igmp(byte[] message)
    {
        byte[] whole = [.. message];
        Put16(whole, 2, InternetChecksum(whole));
        return Add(new Layer((_, rest) => [.. whole, .. rest]) { Protocol = 2 });
    }

    /// <summary>
    /// A VXLAN header, and in front of it a UDP header to port 4789 when IP comes right before: without checksum over
    /// IPv4, with one over IPv6. <see cref="InnerEthernet"/> goes on with the inner frame.
    /// </summary>
    public FrameBuilder Vxlan(uint vni, int sourcePort = 50000, uint flags = 0x0800_0000, byte reserved = 0)
    {
        if (_layers[^1].Addresses is { } addresses)
        {
            Udp(sourcePort, 4789, checksum: addresses.Source.Length == 4 ? 0 : null);
        }

        return Add(new Layer((_, rest) => [.. Be32(flags), .. Be32((vni << 8) | reserved), .. rest]));
    }

    /// <summary>A Geneve header; goes behind UDP.</summary>
    public FrameBuilder Geneve(
        uint vni, byte[]? options = null, int version = 0, int flags = 0, int protocol = 0x6558, int? words = null) =>
        Add(new Layer((_, rest) =>
        [
            (byte)((version << 6) | (words ?? (options?.Length ?? 0) / 4)), (byte)flags, .. Be16(protocol),
            .. Be32(vni << 8), .. options ?? [], .. rest,
        ]));

    /// <summary>A GRE header; with <paramref name="key"/> and the default protocol it is NVGRE's.</summary>
    public FrameBuilder Gre(uint? key = null, int protocol = 0x6558) =>
        Add(new Layer((_, rest) =>
            [.. Be16(key is null ? 0 : 0x2000), .. Be16(protocol), .. key is { } k ? Be32(k) : [], .. rest])
        {
            Protocol = 47,
        });

    public FrameBuilder Payload(byte[] bytes) => Add(new Layer((_, rest) => [.. bytes, .. rest]));

    public FrameBuilder Payload(string text) => Payload(Encoding.ASCII.GetBytes(text));

    /// <summary><paramref name="length"/> bytes that count up, so that a byte in the wrong place shows.</summary>
    public FrameBuilder Payload(int length) => Payload([.. Enumerable.Range(0, length).Select(i => (byte)i)]);

    /// <summary>Bytes behind the frame that no length field counts.</summary>
    public FrameBuilder Padding(int length)
    {
        _padding = length;
        return this;
    }

    /// <summary>The frame's bytes.</summary>
    public byte[] Build()
    {
        byte[] bytes = [];
        for (int i = _layers.Count - 1; i >= 0; i--)
        {
            bytes = _layers[i].Wrap(i, bytes);
        }

        return [.. bytes, .. Enumerable.Repeat((byte)0xEE, _padding)];
    }

    /// <summary>The checksum of RFC 1071, word by word.</summary>
    public static int InternetChecksum(ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
        }

        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (int)(~sum & 0xFFFF);
    }

    private static byte[] Mac(string text) =>
        Convert.FromHexString(text.Replace(":", string.Empty, StringComparison.Ordinal));

    private static byte[] Address(string text) => IPAddress.Parse(text).GetAddressBytes();

    private static byte[] LinkLayerOption(byte type, string? mac) => mac is null ? [] : [type, 1, .. Mac(mac)];

    private static byte[] Be16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Be32(uint value) =>
        [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static void Put16(byte[] bytes, int offset, int value) => Be16(value).CopyTo(bytes, offset);

    /// <summary>The checksum of SCTP (RFC 9260, appendix A), bit by bit.</summary>
    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1;
            }
        }

        return ~crc;
    }

    private FrameBuilder Add(Layer layer)
    {
        _layers.Add(layer);
        return this;
    }

    private ushort TypeAfter(int index) =>
        index + 1 < _layers.Count && _layers[index + 1].EtherType is { } type ? type : (ushort)0x88B5;

    private byte ProtocolAfter(int index) =>
        index + 1 < _layers.Count && _layers[index + 1].Protocol is { } protocol ? protocol : ExperimentalProtocol;

    private int TransportChecksum(int index, byte protocol, byte[] segment)
    {
        Layer network = _layers.Take(index).Last(layer => layer.Addresses is not null);
        (byte[] source, byte[] destination) = network.Addresses!.Value;
        return InternetChecksum(
            [.. source, .. destination, .. Be32((uint)segment.Length), .. Be32(protocol), .. segment]);
    }
}
