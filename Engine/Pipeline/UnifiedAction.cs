using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VxlanEngine.Pipeline;

/// <summary>What is done to packets of a kind: a header transposition made ready to be carried out on bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 192)]
internal struct UnifiedAction
{
    /// <summary>Most bytes of outer headers.</summary>
    public const int MaxHeaderLength = 80;

    /// <summary>The action's number, which is never given twice; 0 in an empty place.</summary>
    public uint Id;

    /// <summary>The policy generation that it follows from.</summary>
    public uint Generation;

    /// <summary>What the flow table's key says of the direction, besides ports and protocol.</summary>
    public ulong KeyFlags;

    /// <summary>What the flow table's key says of the port.</summary>
    public ulong KeyPlace;

    /// <summary>Both MAC addresses as they leave, in wire order: the first eight bytes.</summary>
    public ulong MacsLow;

    /// <summary>Both MAC addresses as they leave, in wire order: the last four bytes.</summary>
    public uint MacsHigh;

    /// <summary>Longest inner frame that may leave this way.</summary>
    public int MaxFrameLength;

    /// <summary>Longest IP packet that may leave without a tunnel.</summary>
    public int MaxPacketLength;

    /// <summary>Sum of the outer IPv4 header without length, identification and checksum.</summary>
    public uint HeaderSum;

    /// <summary>Sum of the pseudo-header that the outer UDP checksum covers, without the length.</summary>
    public uint PseudoSum;

    /// <summary>Index of the port that the packets leave through.</summary>
    public ushort Egress;

    /// <summary>Index of the port that they entered at.</summary>
    public ushort Ingress;

    /// <summary>Bytes of outer headers that are pushed; 0 for none.</summary>
    public byte HeaderLength;

    /// <summary>How many hops are taken from the TTL.</summary>
    public byte Hops;

    /// <summary>The traffic class as it leaves.</summary>
    public byte TrafficClass;

    /// <summary>What is to be done.</summary>
    public UnifiedSteps Steps;

    /// <summary>Packets that fared so and are not counted elsewhere yet.</summary>
    public long Packets;

    /// <summary>The outer headers, whose lengths, identification, checksums and source port are 0.</summary>
    public HeaderBytes Header;

    /// <summary>Room for outer headers.</summary>
    [InlineArray(MaxHeaderLength)]
    public struct HeaderBytes
    {
        private byte _first;
    }
}
