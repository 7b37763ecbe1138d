using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The first 8 bytes of an ICMPv4 or ICMPv6 message (RFC 792, RFC 4443 §2.1).</summary>
/// <remarks>
/// <code>
/// |     Type      |     Code      |           Checksum            |
/// |        Rest of header: in an echo, identifier | sequence      |
/// </code>
/// ICMPv4's checksum covers the message alone, ICMPv6's the pseudo-header too.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct IcmpHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    private readonly byte _type;
    private readonly byte _code;
    private UInt16BE _checksum;
    private UInt16BE _identifier;
    private readonly UInt16BE _sequence;

    /// <summary>Makes a header; the checksum is 0 until set.</summary>
    /// <param name="type">Message type.</param>
    /// <param name="code">Code within the type.</param>
    /// <param name="restOfHeader">The second four bytes, first byte highest: an MTU, for example.</param>
    public IcmpHeader(byte type, byte code, uint restOfHeader)
        : this(type, code, (ushort)(restOfHeader >> 16), (ushort)restOfHeader)
    {
    }

    /// <summary>Makes the header of an echo message; the checksum is 0 until set.</summary>
    public IcmpHeader(byte type, byte code, ushort identifier, ushort sequence)
    {
        _type = type;
        _code = code;
        _checksum = 0;
        _identifier = identifier;
        _sequence = sequence;
    }

    /// <summary>Message type: <see cref="Icmpv4Type"/> or <see cref="Icmpv6Type"/>.</summary>
    public readonly byte Type => _type;

    /// <summary>Code within the type.</summary>
    public readonly byte Code => _code;

    /// <summary>The checksum.</summary>
    public ushort Checksum
    {
        readonly get => _checksum;
        set => _checksum = value;
    }

    /// <summary>The second four bytes, first byte highest.</summary>
    public readonly uint RestOfHeader => ((uint)_identifier.Value << 16) | _sequence;

    /// <summary>Identifier of an echo message; the setter leaves the checksum as it is.</summary>
    public ushort Identifier
    {
        readonly get => _identifier;
        set => _identifier = value;
    }

    /// <summary>Sequence number of an echo message.</summary>
    public readonly ushort Sequence => _sequence;

    /// <summary>True for echo requests and replies, which carry an identifier.</summary>
    /// <param name="protocol">ICMP's number for the packet's family.</param>
    public readonly bool IsEcho(IpProtocol protocol) =>
        protocol == IpProtocol.Icmpv6
            ? _type is Icmpv6Type.EchoRequest or Icmpv6Type.EchoReply
            : _type is Icmpv4Type.EchoRequest or Icmpv4Type.EchoReply;
}
