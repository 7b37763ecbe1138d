namespace VxlanEngine.Tests.Pipeline;

/// <summary>Makes bad frames from good ones, the same on every run of one seed.</summary>
internal sealed class FrameMutator(int seed, IReadOnlyList<byte[]> corpus)
{
    private static readonly byte[] Edges = [0x00, 0x01, 0x04, 0x08, 0x0F, 0x10, 0x40, 0x7F, 0x80, 0xFE, 0xFF];

    private readonly Random _random = new(seed);

    /// <summary>The next frame: one of the corpus with up to five things wrong, none among them.</summary>
    public byte[] Next()
    {
        List<byte> frame = [.. corpus[_random.Next(corpus.Count)]];
        for (int faults = _random.Next(6); faults > 0; faults--)
        {
            Spoil(frame);
        }

        return [.. frame.Take(HostileBench.FrameCapacity)];
    }

    public int Below(int limit) => _random.Next(limit);

    private void Spoil(List<byte> frame)
    {
        if (frame.Count == 0)
        {
            return;
        }

        int at = _random.Next(frame.Count);
        switch (_random.Next(10))
        {
            case 0 or 1:
                frame[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 2 or 3:
                frame[at] = Edges[_random.Next(Edges.Length)];
                break;
            case 4:
                frame[at] = (byte)_random.Next(256);
                break;
            case 5:
                frame.RemoveRange(at, frame.Count - at);
                break;
            case 6:
                frame.RemoveRange(at, Math.Min(_random.Next(1, 9), frame.Count - at));
                break;
            case 7:
                frame.InsertRange(at, frame.Skip(_random.Next(frame.Count)).Take(_random.Next(1, 41)).ToArray());
                break;
            case 8:
                byte[] other = corpus[_random.Next(corpus.Count)];
                frame.RemoveRange(at, frame.Count - at);
                frame.AddRange(other.Skip(Math.Min(at, other.Length)));
                break;
            default:
                byte[] tail = new byte[_random.Next(64)];
                _random.NextBytes(tail);
                frame.AddRange(tail);
                break;
        }
    }
}
