namespace VxlanEngine.Queues;

/// <summary>A ring from every worker to every other one.</summary>
/// <typeparam name="T">What is queued.</typeparam>
internal sealed class RingMesh<T>
    where T : unmanaged
{
    private readonly SpscRing<T>?[] _rings;

    /// <summary>Makes empty rings.</summary>
    /// <param name="count">Number of workers, at least 1.</param>
    /// <param name="capacity">Most items each ring holds, a power of two.</param>
    public RingMesh(int count, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        _rings = new SpscRing<T>?[count * count];
        for (int i = 0; i < _rings.Length; i++)
        {
            _rings[i] = i / count == i % count ? null : new SpscRing<T>(capacity);
        }
    }

    /// <summary>Number of workers.</summary>
    public int Count { get; }

    /// <summary>The ring from one worker to another.</summary>
    /// <exception cref="ArgumentException">Both are the same: a worker sends itself nothing.</exception>
    public SpscRing<T> this[int from, int to] =>
        _rings[(from * Count) + to]
        ?? throw new ArgumentException("There is no ring from a worker to itself.", nameof(to));
}
