using System.Numerics;
using System.Runtime.CompilerServices;

namespace VxlanEngine.Classification;

/// <summary>
/// The packets that a rule, or a part of it, may match: an interval in each dimension, and traits. Half a cache line
/// for IPv4.
/// </summary>
/// <remarks>It decides alone unless <see cref="HasRemainder"/>.</remarks>
/// <typeparam name="T">The number that holds an address.</typeparam>
internal struct RuleBox<T>
    where T : unmanaged, IBinaryInteger<T>
{
    // Spans are last − first: one subtraction and one unsigned comparison test both ends.
    public T SourceFirst;
    public T SourceSpan;
    public T DestinationFirst;
    public T DestinationSpan;
    public ushort SourcePortFirst;
    public ushort SourcePortSpan;
    public ushort DestinationPortFirst;
    public ushort DestinationPortSpan;

    /// <summary>The bits of <see cref="PacketTraits"/> that are compared.</summary>
    public uint TraitMask;

    /// <summary>What they must be.</summary>
    public uint Traits;

    public readonly bool HasRemainder => (TraitMask & PacketTraits.Remainder) != 0;

    // All five are computed whatever the first says: a few more instructions cost less than a branch guessed wrong.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Contains(in PacketKey<T> key) =>
        (key.Point[PacketPoint<T>.Source] - SourceFirst <= SourceSpan)
        & (key.Point[PacketPoint<T>.Destination] - DestinationFirst <= DestinationSpan)
        & (((key.Traits ^ Traits) & TraitMask & ~PacketTraits.Remainder) == 0)
        & (Port(key.Point[PacketPoint<T>.DestinationPort]) - DestinationPortFirst <= DestinationPortSpan)
        & (Port(key.Point[PacketPoint<T>.SourcePort]) - SourcePortFirst <= SourcePortSpan);

    /// <summary>The interval of a dimension of <see cref="PacketPoint{T}"/>.</summary>
    public readonly Interval<T> Side(int dimension)
    {
        switch (dimension)
        {
            case PacketPoint<T>.Source:
                return new Interval<T>(SourceFirst, SourceFirst + SourceSpan);
            case PacketPoint<T>.Destination:
                return new Interval<T>(DestinationFirst, DestinationFirst + DestinationSpan);
            case PacketPoint<T>.SourcePort:
                return Ports(SourcePortFirst, SourcePortSpan);
            case PacketPoint<T>.DestinationPort:
                return Ports(DestinationPortFirst, DestinationPortSpan);
            default:
                bool isOne = (TraitMask & PacketTraits.Protocol) == PacketTraits.Protocol;
                uint protocol = Traits & PacketTraits.Protocol;
                return isOne
                    ? new Interval<T>(T.CreateTruncating(protocol), T.CreateTruncating(protocol))
                    : new Interval<T>(T.Zero, T.CreateTruncating(byte.MaxValue));
        }
    }

    private static uint Port(T value) => uint.CreateTruncating(value);

    private static Interval<T> Ports(int first, int span) =>
        new(T.CreateTruncating(first), T.CreateTruncating(first + span));
}
