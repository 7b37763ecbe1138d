using VxlanEngine.Flows;
using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>
/// Flow pairs that the packet in hand used or will make: nothing is written before the packet is sure to leave.
/// </summary>
internal sealed class PendingFlows(SwitchState state)
{
    /// <summary>What <see cref="SingleEntry"/> says of several pairs, or of one that is new.</summary>
    public const int NotSingle = int.MinValue;

    private readonly List<Entry> _entries = new(4);
    private int _written;

    /// <summary>Number of entries, to come back to.</summary>
    public int Mark => _entries.Count;

    /// <summary>
    /// The flow table's entry that the packet in hand used; 0 for none, <see cref="NotSingle"/> for more.
    /// </summary>
    public int SingleEntry => _entries.Count switch
    {
        0 => 0,
        1 when !_entries[0].IsNew => _entries[0].Pair.EntryOf(_entries[0].IsForward),
        _ => NotSingle,
    };

    /// <summary>Takes note of a packet of a known pair.</summary>
    public void Use(FlowPair pair, bool isForward) => _entries.Add(new Entry(pair, default, isForward, false));

    /// <summary>Takes note of a pair to make, wholly new or in place of one of an older policy.</summary>
    public void Make(FlowPair pair, FlowPair replaced) =>
        _entries.Add(new Entry(pair, replaced, true, true));

    /// <summary>Writes the entries down that are not yet: the packet, or a copy of it, leaves.</summary>
    /// <returns>Why it cannot leave after all, or none.</returns>
    public DropReason Commit(in ParsedFrame packet, long nowNs)
    {
        for (; _written < _entries.Count; _written++)
        {
            Entry entry = _entries[_written];
            DropReason reason = entry.IsNew
                ? state.Install(entry.Pair, entry.Replaced, nowNs)
                : DropReason.None;
            if (reason != DropReason.None)
            {
                return reason;
            }

            entry.Pair.Touch(entry.IsForward, packet.TcpFlags, nowNs);
        }

        return DropReason.None;
    }

    /// <summary>Installs the pairs after a mark, which no packet of theirs has caused.</summary>
    public void Settle(int mark, long nowNs)
    {
        for (int i = mark; i < _entries.Count; i++)
        {
            Entry entry = _entries[i];
            if (state.Install(entry.Pair, entry.Replaced, nowNs) != DropReason.None)
            {
                state.Return(entry.Pair, default);
            }
        }

        _entries.RemoveRange(mark, _entries.Count - mark);
    }

    /// <summary>
    /// Forgets the entries after a mark, and gives back what those that were not written down have taken.
    /// </summary>
    public void Abandon(int mark)
    {
        for (int i = Math.Max(mark, _written); i < _entries.Count; i++)
        {
            if (_entries[i].IsNew)
            {
                state.Return(_entries[i].Pair, _entries[i].Replaced);
            }
        }

        _written = Math.Min(_written, mark);
        _entries.RemoveRange(mark, _entries.Count - mark);
    }

    private readonly record struct Entry(FlowPair Pair, FlowPair Replaced, bool IsForward, bool IsNew);
}
