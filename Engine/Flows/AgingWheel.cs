using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>A timing wheel of four levels: which flow pairs may have been idle too long.</summary>
/// <remarks>
/// Adding, removing and finding the next one cost the same however many there are. A pair that was used meanwhile is
/// not moved at each use: it comes up at its old time, and whoever takes it looks at the real one and puts it back.
/// Thread: the worker's.
/// </remarks>
internal sealed class AgingWheel
{
    /// <summary>Nanoseconds of one tick, as a power of two: about 0.13 s.</summary>
    private const int TickShift = 27;

    private const int LevelShift = 8;
    private const int SlotsPerLevel = 1 << LevelShift;
    private const int Levels = 4;

    private readonly NativeBlock<FlowState> _states;
    private readonly int[] _heads = new int[Levels * SlotsPerLevel];
    private readonly int[] _counts = new int[Levels];

    // The next tick to be emptied: all slots of ticks before it are empty.
    private long _tick;
    private int _count;

    /// <summary>Makes an empty wheel.</summary>
    /// <param name="states">Where the pairs' places are kept.</param>
    public AgingWheel(NativeBlock<FlowState> states)
    {
        _states = states;
        Array.Fill(_heads, -1);
    }

    /// <summary>The tick that a time belongs to.</summary>
    public static long TickOf(long timeNs) => timeNs >> TickShift;

    /// <summary>Puts a pair in, to come up soon after a time.</summary>
    /// <param name="pair">The pair, which is not in the wheel.</param>
    /// <param name="deadlineNs">The time.</param>
    /// <param name="nowNs">The present time.</param>
    public void Add(int pair, long deadlineNs, long nowNs)
    {
        if (_count == 0)
        {
            _tick = TickOf(nowNs);
        }

        long tick = Math.Max(TickOf(deadlineNs), _tick);
        int level = 0;
        while (level < Levels - 1 && tick - _tick >= 1L << (LevelShift * (level + 1)))
        {
            level++;
        }

        long farthest = _tick + (1L << (LevelShift * Levels)) - (1L << (LevelShift * (Levels - 1)));
        tick = Math.Min(tick, farthest);
        int slot = SlotOf(level, tick);
        ref FlowState state = ref _states[pair];
        state.AgeSlot = slot;
        state.AgePrevious = -1;
        state.AgeNext = _heads[slot];
        if (state.AgeNext >= 0)
        {
            _states[state.AgeNext].AgePrevious = pair;
        }

        _heads[slot] = pair;
        _counts[level]++;
        _count++;
    }

    /// <summary>Takes a pair out.</summary>
    public void Remove(int pair)
    {
        ref FlowState state = ref _states[pair];
        if (state.AgePrevious >= 0)
        {
            _states[state.AgePrevious].AgeNext = state.AgeNext;
        }
        else
        {
            _heads[state.AgeSlot] = state.AgeNext;
        }

        if (state.AgeNext >= 0)
        {
            _states[state.AgeNext].AgePrevious = state.AgePrevious;
        }

        _counts[state.AgeSlot >> LevelShift]--;
        _count--;
        state.AgeSlot = -1;
    }

    /// <summary>Takes a pair out whose time may have come.</summary>
    /// <returns>The pair, or −1 when there is none.</returns>
    public int TakeDue(long nowNs)
    {
        long now = TickOf(nowNs);
        while (_count > 0 && _tick < now)
        {
            for (int level = Levels - 1; level >= 0; level--)
            {
                // A slot of a higher level is emptied at its first tick; its pairs then go to lower levels.
                bool isFirstTick = (_tick & ((1L << (LevelShift * level)) - 1)) == 0;
                int head = isFirstTick ? _heads[SlotOf(level, _tick)] : -1;
                if (head >= 0)
                {
                    Remove(head);
                    return head;
                }
            }

            GoOn(now);
        }

        return -1;
    }

    private static int SlotOf(int level, long tick) =>
        (level << LevelShift) | (int)((tick >> (LevelShift * level)) & (SlotsPerLevel - 1));

    /// <summary>Goes to the next tick that may have something; the present one is empty.</summary>
    private void GoOn(long now)
    {
        int empty = 0;
        while (empty < Levels - 1 && _counts[empty] == 0)
        {
            empty++;
        }

        long step = 1L << (LevelShift * empty);
        _tick = Math.Min(now, (_tick & -step) + step);
    }
}
