using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <summary>
/// Remembers fragmented datagrams of a capture, so that its second reading knows from the first fragment on whether the
/// checksum over all of them is right.
/// </summary>
internal sealed class DatagramLedger
{
    private readonly Dictionary<Key, Entry> _entries = [];

    /// <summary>Whether fragments are noted; when they are not, they are looked up.</summary>
    public bool IsLearning { get; set; }

    /// <summary>Notes a fragment while learning; else finds its datagram when it is the first fragment.</summary>
    /// <param name="key">What fragments of one datagram share.</param>
    /// <param name="offset">Where the fragment stands in the datagram.</param>
    /// <param name="hasMore">False for the last one.</param>
    /// <param name="bytes">The fragment's bytes.</param>
    /// <returns>The datagram of a first fragment; null for others, and where nothing was learnt.</returns>
    public Datagram? Visit(in Key key, int offset, bool hasMore, ReadOnlySpan<byte> bytes)
    {
        _entries.TryGetValue(key, out Entry? entry);
        if (!IsLearning)
        {
            return offset == 0 ? entry?.TakeNext() : null;
        }

        if (entry is null)
        {
            entry = new Entry();
            _entries.Add(key, entry);
        }

        Datagram datagram = entry.Current(startsAnew: offset == 0);
        datagram.Seen += bytes.Length;
        datagram.Sum = Checksum.Sum(bytes, datagram.Sum);
        datagram.HasFirst |= offset == 0;
        datagram.Length = hasMore ? datagram.Length : offset + bytes.Length;
        return null;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _entries.Clear();

    /// <summary>What fragments of one datagram share.</summary>
    /// <param name="Source">Source address.</param>
    /// <param name="Destination">Destination address.</param>
    /// <param name="Protocol">Protocol, as the header says that announces the fragment.</param>
    /// <param name="Identification">The datagram's identification.</param>
    /// <param name="Depth">How many packets it is inside of.</param>
    public readonly record struct Key(
        IpAddress Source, IpAddress Destination, IpProtocol Protocol, uint Identification, int Depth);

    /// <summary>The datagrams that used a key one after another.</summary>
    private sealed class Entry
    {
        private readonly List<Datagram> _datagrams = [];
        private int _taken;

        public Datagram Current(bool startsAnew)
        {
            bool isOver = _datagrams.Count > 0
                && (_datagrams[^1].IsComplete || (startsAnew && _datagrams[^1].HasFirst));
            if (_datagrams.Count == 0 || isOver)
            {
                _datagrams.Add(new Datagram());
            }

            return _datagrams[^1];
        }

        public Datagram? TakeNext() => _taken < _datagrams.Count ? _datagrams[_taken++] : null;
    }
}
