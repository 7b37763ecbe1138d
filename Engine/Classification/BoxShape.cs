using System.Numerics;

namespace VxlanEngine.Classification;

/// <summary>What finds a box: its prefix of either address where that is narrow enough, or else a link field.</summary>
/// <param name="HasSource">Whether the packets of the box share the source's leading bits.</param>
/// <param name="HasDestination">Whether they share the destination's.</param>
/// <param name="Link">The field, when they share neither.</param>
internal readonly record struct BoxShape(bool HasSource, bool HasDestination, LinkField Link)
{
    // Measured on rule sets of all kinds: one length a family beats two, three and four. Every further table costs
    // every packet a look, while what a bucket holds too much is told apart by its tree. These lengths are where
    // networks end and hosts begin.
    private const int NarrowBits32 = 24;
    private const int NarrowBits128 = 56;

    /// <summary>The shape that every box fits.</summary>
    public static BoxShape Root => default;

    /// <summary>How much of a box is found by.</summary>
    public int Weight => (HasSource ? 1 : 0) + (HasDestination ? 1 : 0) + (Link == LinkField.None ? 0 : 1);

    /// <summary>The shape of a box.</summary>
    public static BoxShape Of<T>(in RuleBox<T> box, LinkField link)
        where T : unmanaged, IBinaryInteger<T>
    {
        bool hasSource = IsNarrow(box.Side(PacketPoint<T>.Source));
        bool hasDestination = IsNarrow(box.Side(PacketPoint<T>.Destination));
        return new BoxShape(hasSource, hasDestination, hasSource || hasDestination ? LinkField.None : link);
    }

    /// <summary>The mask of an address that counts, or does not.</summary>
    public static T Mask<T>(bool counts)
        where T : unmanaged, IBinaryInteger<T> =>
        !counts ? T.Zero
        : typeof(T) == typeof(UInt128) ? T.AllBitsSet << (128 - NarrowBits128)
        : T.AllBitsSet << (32 - NarrowBits32);

    /// <summary>Whether what has a shape is found in a table of this one.</summary>
    public bool Fits(BoxShape shape) =>
        (shape.HasSource || !HasSource)
        && (shape.HasDestination || !HasDestination)
        && (Link == LinkField.None || Link == shape.Link);

    private static bool IsNarrow<T>(Interval<T> side)
        where T : unmanaged, IBinaryInteger<T> => ((side.First ^ side.Last) & Mask<T>(true)) == T.Zero;
}
