using System.Numerics;
using VxlanEngine.Packets;

namespace VxlanEngine.Classification;

/// <summary>What the compiled rules of one address family look at first.</summary>
/// <typeparam name="T">The number that holds an address.</typeparam>
internal struct PacketKey<T>
    where T : unmanaged, IBinaryInteger<T>
{
    public PacketPoint<T> Point;

    /// <summary>Bits of <see cref="PacketTraits"/>.</summary>
    public uint Traits;

    public PacketKey(T source, T destination, in PacketFacts facts)
    {
        ref readonly ParsedFrame p = ref facts.Packet;
        Traits = PacketTraits.Of(facts);
        bool isIcmp = (Traits & PacketTraits.HasIcmp) != 0;
        Point[PacketPoint<T>.Source] = source;
        Point[PacketPoint<T>.Destination] = destination;
        Point[PacketPoint<T>.SourcePort] = T.CreateTruncating(isIcmp ? p.IcmpType : p.SourcePort);
        Point[PacketPoint<T>.DestinationPort] = T.CreateTruncating(isIcmp ? p.IcmpCode : p.DestinationPort);
        Point[PacketPoint<T>.Protocol] = T.CreateTruncating(Traits & PacketTraits.Protocol);
    }
}
