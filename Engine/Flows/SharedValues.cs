namespace VxlanEngine.Flows;

/// <summary>Values that many flow pairs have in common: each is kept once and counted by reference.</summary>
/// <remarks>A value that is there already is found without allocating. Thread: the worker's.</remarks>
internal sealed class SharedValues<T>(IEqualityComparer<T>? comparer = null)
    where T : notnull
{
    private readonly Dictionary<T, int> _numbers = new(comparer);
    private readonly Stack<int> _free = new();
    private Slot[] _slots = new Slot[16];
    private int _used;

    /// <summary>The value with a number.</summary>
    public ref readonly T this[int number] => ref _slots[number].Value;

    /// <summary>True while somebody refers to the value with a number.</summary>
    public bool IsInUse(int number) => _slots[number].References > 0;

    /// <summary>Adds a reference to a value.</summary>
    /// <returns>Its number.</returns>
    public int Take(T value)
    {
        if (!_numbers.TryGetValue(value, out int number))
        {
            number = _free.TryPop(out int free) ? free : _used++;
            if (number == _slots.Length)
            {
                Array.Resize(ref _slots, _slots.Length * 2);
            }

            _slots[number].Value = value;
            _numbers.Add(value, number);
        }

        _slots[number].References++;
        return number;
    }

    /// <summary>Adds a reference to the value that something stands for, and makes that only if it is new.</summary>
    /// <remarks>The comparer must know the other type (<see cref="IAlternateEqualityComparer{TOther, T}"/>).</remarks>
    /// <returns>Its number.</returns>
    public int TakeLike<TOther>(TOther other)
        where TOther : notnull, allows ref struct
    {
        if (_numbers.GetAlternateLookup<TOther>().TryGetValue(other, out int number))
        {
            _slots[number].References++;
            return number;
        }

        return Take(((IAlternateEqualityComparer<TOther, T>)_numbers.Comparer).Create(other));
    }

    /// <summary>Adds a reference to the value with a number, which is in use.</summary>
    public void AddReference(int number) => _slots[number].References++;

    /// <summary>Takes a reference away; with the last one the value goes.</summary>
    public void Release(int number)
    {
        ref Slot slot = ref _slots[number];
        if (--slot.References == 0)
        {
            _numbers.Remove(slot.Value);
            slot.Value = default!;
            _free.Push(number);
        }
    }

    private struct Slot
    {
        public T Value;
        public int References;
    }
}
