using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

/// <summary>Has the frames of each flow follow each other in a queue, so that they can be sent as one.</summary>
/// <remarks>
/// Frames of a flow keep their order, and flows that of their first frames. Thread: the port's. Allocates nothing once
/// made.
/// </remarks>
internal sealed class FlowGroups
{
    // Twice as many places as there can be flows: one is found after few.
    private const int TableLength = 2 * TransmitQueue.Capacity;

    private readonly FrameDescriptor[] _frames = new FrameDescriptor[TransmitQueue.Capacity];
    private readonly short[] _next = new short[TransmitQueue.Capacity];
    private readonly Group[] _groups = new Group[TransmitQueue.Capacity];

    // By flow: the number of its group, from 1 on; 0 where there is none.
    private readonly short[] _table = new short[TableLength];

    /// <summary>Number of flows that were found last.</summary>
    public int Count { get; private set; }

    /// <summary>Number of a flow's frames.</summary>
    /// <param name="flow">The flow, 0 for the first.</param>
    public int LengthOf(int flow) => _groups[flow].Length;

    /// <summary>Rearranges what waits.</summary>
    /// <param name="pool">Where the frames are.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="from">The first frame that may be moved.</param>
    public void Arrange(PacketPool pool, TransmitQueue queue, int from)
    {
        Count = 0;
        int last = -1;
        bool isArranged = true;
        for (int i = from; i < queue.Count; i++)
        {
            uint flow = DatagramHeaders.FlowOf(pool.Frame(queue[i]));
            if (last < 0 || _groups[last].Flow != flow)
            {
                int known = Count;
                last = GroupOf(flow);
                isArranged &= last == known;
            }

            Append(last, (short)(i - from));
        }

        if (!isArranged)
        {
            Rewrite(queue, from);
        }

        for (int i = 0; i < Count; i++)
        {
            _table[_groups[i].Place] = 0;
        }
    }

    private int GroupOf(uint flow)
    {
        int place = (int)(flow % TableLength);
        while (_table[place] != 0)
        {
            if (_groups[_table[place] - 1].Flow == flow)
            {
                return _table[place] - 1;
            }

            place = (place + 1) % TableLength;
        }

        _groups[Count] = new Group { Flow = flow, Place = (short)place };
        _table[place] = (short)(Count + 1);
        return Count++;
    }

    private void Append(int group, short frame)
    {
        ref Group into = ref _groups[group];
        if (into.Length == 0)
        {
            into.First = frame;
        }
        else
        {
            _next[into.Last] = frame;
        }

        into.Last = frame;
        into.Length++;
    }

    private void Rewrite(TransmitQueue queue, int from)
    {
        for (int i = from; i < queue.Count; i++)
        {
            _frames[i - from] = queue[i];
        }

        int at = from;
        for (int i = 0; i < Count; i++)
        {
            short frame = _groups[i].First;
            for (int left = _groups[i].Length; left > 0; left--)
            {
                queue[at++] = _frames[frame];
                frame = _next[frame];
            }
        }
    }

    private struct Group
    {
        public uint Flow;
        public short Place;
        public short First;
        public short Last;
        public short Length;
    }
}
