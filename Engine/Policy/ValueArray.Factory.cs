using System.Collections.Immutable;

namespace VxlanEngine.Policy;

/// <summary>Makes <see cref="ValueArray{T}"/>s.</summary>
public static class ValueArray
{
    /// <summary>Copies <paramref name="items"/> into an array.</summary>
    public static ValueArray<T> Create<T>(ReadOnlySpan<T> items) => new([.. items]);

    /// <summary>Copies a sequence into an array.</summary>
    public static ValueArray<T> ToValueArray<T>(this IEnumerable<T> items) =>
        new(items.ToImmutableArray());
}
