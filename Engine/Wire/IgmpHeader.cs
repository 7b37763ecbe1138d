using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The first 8 bytes of an IGMP message (RFC 2236 §2; RFC 3376 §4.1 for queries).</summary>
/// <remarks>
/// <code>
/// |     Type      | Max resp time |           Checksum            |
/// |                         Group address                         |
/// </code>
/// In a version 3 report the last four bytes are a reserved field and the number of group records.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct IgmpHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    /// <summary>Type of a membership query.</summary>
    public const byte MembershipQuery = 0x11;

    /// <summary>Type of a version 1 membership report.</summary>
    public const byte MembershipReportV1 = 0x12;

    /// <summary>Type of a version 2 membership report.</summary>
    public const byte MembershipReportV2 = 0x16;

    /// <summary>Type of a leave message.</summary>
    public const byte LeaveGroup = 0x17;

    /// <summary>Type of a version 3 membership report.</summary>
    public const byte MembershipReportV3 = 0x22;

    private readonly byte _type;
    private readonly byte _maxResponseTime;
    private readonly UInt16BE _checksum;
    private readonly Ipv4Address _group;

    /// <summary>Makes a header.</summary>
    public IgmpHeader(byte type, byte maxResponseTime, ushort checksum, Ipv4Address group)
    {
        _type = type;
        _maxResponseTime = maxResponseTime;
        _checksum = checksum;
        _group = group;
    }

    /// <summary>Message type.</summary>
    public byte Type => _type;

    /// <summary>Longest time to wait before answering a query, in tenths of a second.</summary>
    public byte MaxResponseTime => _maxResponseTime;

    /// <summary>The checksum, over the whole message.</summary>
    public ushort Checksum => _checksum;

    /// <summary>The group; 0.0.0.0 in a general query.</summary>
    public Ipv4Address Group => _group;
}
