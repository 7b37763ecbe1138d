using VxlanEngine.Packets;

namespace VxlanEngine.Ports.Wrappers;

/// <summary>One direction of a <see cref="FaultPort"/>: chooses each frame's fate, holds it until it is due.</summary>
/// <remarks>Thread: the port's. Allocates nothing once made.</remarks>
internal sealed class FaultLane
{
    private const long LongestAsideNs = 10_000_000;

    private readonly FaultOptions _options;
    private readonly long _delayNs;
    private readonly (FrameDescriptor Frame, long SinceNs)[] _queue;
    private FaultCounters _counters;
    private ulong _random;
    private int _first;
    private int _count;
    private FrameDescriptor _aside;
    private long _asideSinceNs;
    private bool _hasAside;

    /// <summary>Makes a lane.</summary>
    /// <param name="options">What is done to frames.</param>
    /// <param name="seed">Where the choices come from.</param>
    public FaultLane(FaultOptions options, ulong seed)
    {
        _options = options;
        _delayNs = options.Delay.Ticks * TimeSpan.NanosecondsPerTick;
        _queue = new (FrameDescriptor, long)[options.QueueLength];
        _random = seed;
    }

    /// <summary>Frames that wait.</summary>
    public int Held => _count + (_hasAside ? 1 : 0);

    /// <summary>Frames that there is room for.</summary>
    public int Room => _queue.Length - Held;

    /// <summary>What was done so far.</summary>
    public FaultCounters Counters => _counters with { Held = Held };

    /// <summary>Takes a frame, whose buffer is the lane's from now on.</summary>
    public void Take(PacketPool pool, FrameDescriptor frame, long nowNs)
    {
        // All are drawn for every frame, so that one kind of fault does not change which frames another one hits.
        bool isLost = Happens(_options.Loss);
        bool isDuplicated = Happens(_options.Duplicate);
        bool isReordered = Happens(_options.Reorder);
        bool isCorrupted = Happens(_options.Corrupt);
        ulong bit = Next();
        _counters.Taken++;
        if (isLost || Room == 0)
        {
            _counters.Lost += isLost ? 1 : 0;
            _counters.Overflowed += isLost ? 0 : 1;
            pool.Return(frame);
            return;
        }

        if (isCorrupted && frame.Length > 0)
        {
            Corrupt(pool, ref frame, bit);
        }

        if (isDuplicated && Room > 1 && TryCopy(pool, frame, out FrameDescriptor copy))
        {
            _counters.Duplicated++;
            Pass(frame, nowNs);
            Pass(copy, nowNs);
        }
        else if (isReordered && !_hasAside)
        {
            (_aside, _asideSinceNs, _hasAside) = (frame, nowNs, true);
        }
        else
        {
            Pass(frame, nowNs);
        }
    }

    /// <summary>Counts a frame that came and could not be taken.</summary>
    public void Overflow()
    {
        _counters.Taken++;
        _counters.Overflowed++;
    }

    /// <summary>Counts frames that were handed out and not taken by who is next.</summary>
    public void Refused(int count)
    {
        _counters.Passed -= count;
        _counters.Overflowed += count;
    }

    /// <summary>Hands out frames that are due, in order.</summary>
    /// <returns>How many.</returns>
    public int Release(Span<FrameDescriptor> burst, long nowNs)
    {
        if (_hasAside && nowNs - _asideSinceNs >= LongestAsideNs)
        {
            _hasAside = false;
            Enqueue(_aside, nowNs);
        }

        int count = 0;
        while (count < burst.Length && _count > 0 && nowNs - _queue[_first].SinceNs >= _delayNs)
        {
            (FrameDescriptor frame, long sinceNs) = _queue[_first];

            // As if it had come over a longer wire.
            frame.TimeNs += nowNs - sinceNs;
            burst[count++] = frame;
            _first = _first + 1 == _queue.Length ? 0 : _first + 1;
            _count--;
        }

        _counters.Passed += count;
        return count;
    }

    private void Pass(in FrameDescriptor frame, long nowNs)
    {
        Enqueue(frame, nowNs);
        if (_hasAside)
        {
            _hasAside = false;
            _counters.Reordered++;
            Enqueue(_aside, nowNs);
        }
    }

    private void Enqueue(in FrameDescriptor frame, long nowNs)
    {
        int index = _first + _count++;
        _queue[index < _queue.Length ? index : index - _queue.Length] = (frame, nowNs);
        _counters.Delayed += _delayNs > 0 ? 1 : 0;
    }

    private void Corrupt(PacketPool pool, ref FrameDescriptor frame, ulong bit)
    {
        int place = (int)(bit % ((ulong)frame.Length * 8));
        pool.Frame(frame)[place / 8] ^= (byte)(1 << (place % 8));

        // What a device found right is so no more.
        frame.Checksum = frame.Checksum == ChecksumStatus.Good ? ChecksumStatus.Unknown : frame.Checksum;
        _counters.Corrupted++;
    }

    private static bool TryCopy(PacketPool pool, in FrameDescriptor frame, out FrameDescriptor copy)
    {
        if (!pool.TryRent(frame.Length, out FrameDescriptor place))
        {
            copy = default;
            return false;
        }

        copy = frame;
        (copy.Buffer, copy.Offset) = (place.Buffer, place.Offset);
        pool.Frame(frame).CopyTo(pool.Frame(copy));
        return true;
    }

    private bool Happens(double share) => (Next() >> 11) * (1.0 / (1L << 53)) < share;

    // SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
    private ulong Next()
    {
        unchecked
        {
            ulong z = _random += 0x9E37_79B9_7F4A_7C15;
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            return z ^ (z >> 31);
        }
    }
}
