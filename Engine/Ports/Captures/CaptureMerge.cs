namespace VxlanEngine.Ports.Captures;

/// <summary>Reads several captures as one, in the order of their time stamps.</summary>
/// <remarks>
/// The next packet is the earliest among the files' heads; at equal times the file given first goes first. Packets of
/// one file are never reordered: where its time runs backwards, its head competes with the time it has. A file that
/// fails leaves after its last whole packet, the others go on, and <see cref="Faults"/> keeps why.
/// Thread: one at a time. Cost: O(log files) a packet, allocation-free.
/// </remarks>
public sealed class CaptureMerge : IDisposable
{
    private readonly CaptureSource[] _sources;
    private readonly List<CaptureFault> _faults = [];

    // A binary heap of source indexes, the earliest head first. The time of each head is kept beside.
    private readonly int[] _heap;
    private readonly long[] _headNs;
    private int _heapLength;
    private bool _hasStarted;

    /// <summary>Takes the files; nothing is read yet.</summary>
    /// <param name="sources">The files. The merge owns them from now on.</param>
    public CaptureMerge(IEnumerable<CaptureSource> sources)
    {
        _sources = [.. sources];
        _heap = new int[_sources.Length];
        _headNs = new long[_sources.Length];
    }

    /// <summary>The files, as given.</summary>
    public IReadOnlyList<CaptureSource> Sources => _sources;

    /// <summary>The files that have failed so far, in the order in which they did.</summary>
    public IReadOnlyList<CaptureFault> Faults => _faults;

    /// <summary>Reads the next packet.</summary>
    /// <param name="sourceIndex">The file it comes from, as an index into <see cref="Sources"/>; -1 at the end.</param>
    /// <param name="packet">The packet, valid until the next read.</param>
    /// <returns>False when all files have ended or failed.</returns>
    public bool TryRead(out int sourceIndex, out CapturedPacket packet)
    {
        AdvanceHeads();
        if (_heapLength == 0)
        {
            sourceIndex = -1;
            packet = default;
            return false;
        }

        sourceIndex = _heap[0];
        packet = _sources[sourceIndex].Reader.Current;
        return true;
    }

    /// <summary>Disposes of all readers.</summary>
    public void Dispose()
    {
        foreach (CaptureSource source in _sources)
        {
            source.Reader.Dispose();
        }
    }

    // The packet last returned lies in its reader's buffer, so that reader moves on only now.
    private void AdvanceHeads()
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            for (int source = 0; source < _sources.Length; source++)
            {
                if (TryAdvance(source))
                {
                    _heap[_heapLength++] = source;
                }
            }

            for (int node = (_heapLength / 2) - 1; node >= 0; node--)
            {
                SiftDown(node);
            }
        }
        else if (_heapLength > 0)
        {
            if (!TryAdvance(_heap[0]))
            {
                _heap[0] = _heap[--_heapLength];
            }

            SiftDown(0);
        }
    }

    /// <summary>Brings a file to its next accepted packet. False when it has ended or failed.</summary>
    private bool TryAdvance(int source)
    {
        (CaptureReader reader, Predicate<CaptureInterface>? accepts) = _sources[source];
        try
        {
            while (reader.MoveNext())
            {
                CapturedPacket head = reader.Current;
                if (accepts is null || accepts(reader.Interfaces[head.InterfaceIndex]))
                {
                    _headNs[source] = head.TimestampNs;
                    return true;
                }
            }
        }
        catch (IOException error)
        {
            _faults.Add(new CaptureFault(source, error));
        }

        return false;
    }

    private void SiftDown(int node)
    {
        while (true)
        {
            int first = node;
            for (int child = (2 * node) + 1; child <= (2 * node) + 2; child++)
            {
                if (child < _heapLength && Precedes(_heap[child], _heap[first]))
                {
                    first = child;
                }
            }

            if (first == node)
            {
                return;
            }

            (_heap[node], _heap[first]) = (_heap[first], _heap[node]);
            node = first;
        }
    }

    private bool Precedes(int source, int other) =>
        _headNs[source] != _headNs[other] ? _headNs[source] < _headNs[other] : source < other;
}
