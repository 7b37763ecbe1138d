using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>A neighbour solicitation or advertisement without its options, 24 bytes (RFC 4861 §4.3, §4.4).</summary>
/// <remarks>
/// <code>
/// | Type 135, 136 |   Code = 0    |           Checksum            |
/// |R|S|O|                     Reserved                            |
/// |                  Target address (128 bits)                    |
/// |   Options …
/// </code>
/// The flags belong to the advertisement. Sent: reserved bits 0. Received: ignored.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct NeighborMessage
{
    /// <summary>Length on the wire without options, in bytes.</summary>
    public const int Length = 24;

    /// <summary>The hop limit that every neighbour discovery message is sent with and checked for.</summary>
    public const byte HopLimit = 255;

    private const uint RouterBit = 0x8000_0000;
    private const uint SolicitedBit = 0x4000_0000;
    private const uint OverrideBit = 0x2000_0000;

    private readonly byte _type;
    private readonly byte _code;
    private UInt16BE _checksum;
    private readonly UInt32BE _flags;
    private readonly Ipv6Address _target;

    /// <summary>Makes a solicitation; the checksum is 0 until set.</summary>
    /// <param name="target">The address asked for.</param>
    public NeighborMessage(Ipv6Address target)
    {
        _type = Icmpv6Type.NeighborSolicitation;
        _code = 0;
        _checksum = 0;
        _flags = 0;
        _target = target;
    }

    /// <summary>Makes an advertisement; the checksum is 0 until set.</summary>
    /// <param name="target">The address advertised.</param>
    /// <param name="isRouter">The sender is a router.</param>
    /// <param name="isSolicited">The message answers a solicitation.</param>
    /// <param name="isOverride">The receiver should replace what it had cached.</param>
    public NeighborMessage(Ipv6Address target, bool isRouter, bool isSolicited, bool isOverride)
    {
        _type = Icmpv6Type.NeighborAdvertisement;
        _code = 0;
        _checksum = 0;
        _flags = (isRouter ? RouterBit : 0) | (isSolicited ? SolicitedBit : 0) | (isOverride ? OverrideBit : 0);
        _target = target;
    }

    /// <summary>The ICMPv6 type.</summary>
    public readonly byte Type => _type;

    /// <summary>The ICMPv6 code, 0.</summary>
    public readonly byte Code => _code;

    /// <summary>Checksum over pseudo-header and message, options included.</summary>
    public ushort Checksum
    {
        readonly get => _checksum;
        set => _checksum = value;
    }

    /// <summary>True when the advertisement's sender is a router.</summary>
    public readonly bool IsRouter => (_flags & RouterBit) != 0;

    /// <summary>True when the advertisement answers a solicitation.</summary>
    public readonly bool IsSolicited => (_flags & SolicitedBit) != 0;

    /// <summary>True when the receiver should replace what it had cached.</summary>
    public readonly bool IsOverride => (_flags & OverrideBit) != 0;

    /// <summary>The address asked for or advertised.</summary>
    public readonly Ipv6Address Target => _target;
}
