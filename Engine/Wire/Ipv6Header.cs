using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The IPv6 header, 40 bytes (RFC 8200 §3).</summary>
/// <remarks>
/// <code>
/// |Version| Traffic class |             Flow label                |
/// |        Payload length         |  Next header  |   Hop limit   |
/// |                  Source address (128 bits)                    |
/// |                Destination address (128 bits)                 |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct Ipv6Header
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 40;

    /// <summary>The smallest MTU of a link that carries IPv6 (RFC 8200 §5).</summary>
    public const int MinMtu = 1280;

    private const uint VersionBits = 0x6000_0000;
    private const uint FlowLabelMask = 0x000F_FFFF;

    private UInt32BE _versionClassLabel;
    private UInt16BE _payloadLength;
    private byte _nextHeader;
    private byte _hopLimit;
    private Ipv6Address _source;
    private Ipv6Address _destination;

    /// <summary>Makes a header.</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address.</param>
    /// <param name="nextHeader">What follows.</param>
    /// <param name="payloadLength">Bytes behind this header.</param>
    /// <param name="hopLimit">Hop limit.</param>
    /// <param name="trafficClass">DSCP in the high six bits, ECN in the low two.</param>
    /// <param name="flowLabel">Flow label, 20 bits.</param>
    public Ipv6Header(
        Ipv6Address source,
        Ipv6Address destination,
        IpProtocol nextHeader,
        ushort payloadLength,
        byte hopLimit = 64,
        byte trafficClass = 0,
        uint flowLabel = 0)
    {
        Debug.Assert(flowLabel <= FlowLabelMask, "A flow label has 20 bits.");
        _versionClassLabel = VersionBits | ((uint)trafficClass << 20) | (flowLabel & FlowLabelMask);
        _payloadLength = payloadLength;
        _nextHeader = (byte)nextHeader;
        _hopLimit = hopLimit;
        _source = source;
        _destination = destination;
    }

    /// <summary>The version: 6 in a valid header.</summary>
    public readonly int Version => (int)(_versionClassLabel >> 28);

    /// <summary>DSCP in the high six bits, ECN in the low two (RFC 2474, RFC 3168).</summary>
    public byte TrafficClass
    {
        readonly get => (byte)(_versionClassLabel >> 20);
        set => _versionClassLabel = (_versionClassLabel & ~0x0FF0_0000U) | ((uint)value << 20);
    }

    /// <summary>The flow label, 20 bits.</summary>
    public readonly uint FlowLabel => _versionClassLabel & FlowLabelMask;

    /// <summary>Bytes behind this header, extension headers included; 0 in a jumbogram (RFC 2675).</summary>
    public ushort PayloadLength
    {
        readonly get => _payloadLength;
        set => _payloadLength = value;
    }

    /// <summary>What follows: an extension header or the transport protocol.</summary>
    public IpProtocol NextHeader
    {
        readonly get => (IpProtocol)_nextHeader;
        set => _nextHeader = (byte)value;
    }

    /// <summary>Hop limit.</summary>
    public byte HopLimit
    {
        readonly get => _hopLimit;
        set => _hopLimit = value;
    }

    /// <summary>Source address.</summary>
    public Ipv6Address Source
    {
        readonly get => _source;
        set => _source = value;
    }

    /// <summary>Destination address.</summary>
    public Ipv6Address Destination
    {
        readonly get => _destination;
        set => _destination = value;
    }
}
