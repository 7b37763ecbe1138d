using System.Numerics;
using System.Runtime.InteropServices;

namespace VxlanEngine.Classification;

/// <summary>The boxes of rules, in the order in which the rules take precedence.</summary>
/// <remarks>Grows while it is made; never changes once an index reads it.</remarks>
/// <typeparam name="T">The number that holds an address.</typeparam>
internal sealed class BoxList<T>(int capacity = 0)
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>The boxes; those from <see cref="Count"/> on are empty.</summary>
    public RuleBox<T>[] Boxes { get; private set; } = new RuleBox<T>[capacity];

    /// <summary>For each box the rank of its rule; ascending.</summary>
    public int[] Ranks { get; private set; } = new int[capacity];

    /// <summary>For each box what it leaves open, or null; empty while no box leaves anything.</summary>
    public RemainingConditions?[] Remainders { get; private set; } = [];

    /// <summary>For each box what else than addresses finds it; empty while nothing else does.</summary>
    public LinkKey[] Links { get; private set; } = [];

    public int Count { get; private set; }

    /// <summary>Bytes of the arrays.</summary>
    public long MemoryBytes =>
        MemoryMarshal.AsBytes(Boxes.AsSpan()).Length
        + ((long)Ranks.Length * sizeof(int))
        + ((long)Remainders.Length * IntPtr.Size)
        + MemoryMarshal.AsBytes(Links.AsSpan()).Length;

    public void Add(in RuleBox<T> box, int rank, RemainingConditions? remainder, LinkKey link)
    {
        if (Count == Boxes.Length)
        {
            Grow();
        }

        Boxes[Count] = box;
        Ranks[Count] = rank;
        if (remainder is not null)
        {
            Remainders = Remainders.Length == 0 ? new RemainingConditions?[Boxes.Length] : Remainders;
            Remainders[Count] = remainder;
        }

        if (link != default)
        {
            Links = Links.Length == 0 ? new LinkKey[Boxes.Length] : Links;
            Links[Count] = link;
        }

        Count++;
    }

    /// <summary>Adds a box of another list.</summary>
    public void Add(BoxList<T> other, int box, int rank) =>
        Add(
            other.Boxes[box],
            rank,
            other.Remainders.Length == 0 ? null : other.Remainders[box],
            other.Link(box));

    public LinkKey Link(int box) => Links.Length == 0 ? default : Links[box];

    private void Grow()
    {
        int length = Math.Max(16, Boxes.Length * 2);
        Boxes = Grown(Boxes, length);
        Ranks = Grown(Ranks, length);
        Remainders = Remainders.Length == 0 ? Remainders : Grown(Remainders, length);
        Links = Links.Length == 0 ? Links : Grown(Links, length);
    }

    private static TItem[] Grown<TItem>(TItem[] items, int length)
    {
        Array.Resize(ref items, length);
        return items;
    }
}
