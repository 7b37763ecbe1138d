using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace VxlanEngine.Policy;

/// <summary>
/// An immutable array that is equal to another when their items are, so that policies compare by value.
/// </summary>
/// <typeparam name="T">The items' type.</typeparam>
/// <remarks>Written as a collection expression: <c>Ports = [web, uplink]</c>. The default value is empty.</remarks>
[CollectionBuilder(typeof(ValueArray), nameof(ValueArray.Create))]
public readonly struct ValueArray<T> : IReadOnlyList<T>, IEquatable<ValueArray<T>>
{
    private readonly ImmutableArray<T> _items;

    internal ValueArray(ImmutableArray<T> items) => _items = items;

    /// <summary>Number of items.</summary>
    public int Count => _items.IsDefault ? 0 : _items.Length;

    /// <summary>True when there is no item.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The item at a 0-based index.</summary>
    public T this[int index] => AsSpan()[index];

    /// <summary>True when the items are equal one by one.</summary>
    public static bool operator ==(ValueArray<T> left, ValueArray<T> right) => left.Equals(right);

    /// <summary>True when an item differs.</summary>
    public static bool operator !=(ValueArray<T> left, ValueArray<T> right) => !left.Equals(right);

    /// <summary>The items.</summary>
    public ReadOnlySpan<T> AsSpan() => _items.IsDefault ? [] : _items.AsSpan();

    /// <summary>Enumerates the items without allocating.</summary>
    public ReadOnlySpan<T>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(ValueArray<T> other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueArray<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (T item in this)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>The items, separated by commas.</summary>
    public override string ToString() => string.Join(",", (IEnumerable<T>)this);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => Items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Items.GetEnumerator();

    private IEnumerable<T> Items => _items.IsDefault ? [] : _items;
}
