using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VxlanEngine.Pipeline;

/// <summary>What is done to packets of a kind: a header transposition made ready to be carried out on bytes.</summary>
/// <remarks>One cache line that every packet needs, and the outer headers in the next two.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 64 + HeaderRoom)]
internal struct UnifiedAction
{
    /// <summary>Room for outer headers, which end where it ends, so that they can be copied whole.</summary>
    public const int HeaderRoom = 128;

    /// <summary>How much of the room is copied for headers that are no longer.</summary>
    public const int ShortRoom = 64;

    /// <summary>The action's number, which is never given twice; 0 in an empty place.</summary>
    [FieldOffset(0)]
    public uint Id;

    /// <summary>Both MAC addresses as they leave, in wire order: the first eight bytes.</summary>
    [FieldOffset(32)]
    public ulong MacsLow;

    /// <summary>Both MAC addresses as they leave, in wire order: the last four bytes.</summary>
    [FieldOffset(40)]
    public uint MacsHigh;

    /// <summary>Longest innermost frame that leaves this way; longer ones are for the processor to decide on.</summary>
    [FieldOffset(4)]
    public int MaxLength;

    /// <summary>Sum of the outer IPv4 header without length, identification and checksum; at most 16 bits.</summary>
    [FieldOffset(24)]
    public uint HeaderSum;

    /// <summary>Index of the port that the packets leave through.</summary>
    [FieldOffset(12)]
    public ushort Egress;

    /// <summary>Index of the port that they entered at.</summary>
    [FieldOffset(14)]
    public ushort Ingress;

    /// <summary>Bytes before the inner frame that are written when the header is copied; 0 for none.</summary>
    [FieldOffset(8)]
    public byte Room;

    /// <summary>Bytes of outer headers that are pushed; 0 for none.</summary>
    [FieldOffset(9)]
    public byte HeaderLength;

    /// <summary>How many hops are taken from the TTL.</summary>
    [FieldOffset(10)]
    public byte Hops;

    /// <summary>The traffic class as it leaves.</summary>
    [FieldOffset(44)]
    public byte TrafficClass;

    /// <summary>Packets that fared so and are not counted elsewhere yet.</summary>
    [FieldOffset(16)]
    public long Packets;

    /// <summary>What is to be done.</summary>
    [FieldOffset(11)]
    public UnifiedSteps Steps;

    /// <summary>Sum of the pseudo-header that the outer UDP checksum covers, without the length.</summary>
    [FieldOffset(28)]
    public uint PseudoSum;

    /// <summary>The outer headers, whose lengths, identification, checksums and source port are 0.</summary>
    [FieldOffset(64)]
    public HeaderBytes Header;

    /// <summary>Room for outer headers.</summary>
    [InlineArray(HeaderRoom)]
    public struct HeaderBytes
    {
        private byte _first;
    }
}
