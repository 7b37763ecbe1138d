using VxlanEngine.Flows;
using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>Flow pairs that the packet in hand used or will make: nothing is written before the packet is sure to leave.</summary>
internal sealed class PendingFlows(SwitchState state)
{
    private readonly List<Entry> _entries = new(4);

    /// <summary>Number of entries, to come back to.</summary>
    public int Mark => _entries.Count;

    /// <summary>Takes note of a packet of a known pair.</summary>
    public void Use(FlowPair pair, bool isForward) => _entries.Add(new Entry(pair, null, isForward, false));

    /// <summary>Takes note of a pair to make, wholly new or in place of one of an older policy.</summary>
    public void Make(FlowPair pair, FlowPair? replaced) =>
        _entries.Add(new Entry(pair, replaced, true, true));

    /// <summary>Writes the entries after a mark down: the packet leaves.</summary>
    /// <returns>Why it cannot leave after all, or none.</returns>
    public DropReason Commit(int mark, in ParsedFrame packet, long nowNs)
    {
        for (int i = mark; i < _entries.Count; i++)
        {
            Entry entry = _entries[i];
            if (entry.IsNew && !state.TryInstall(entry.Pair, entry.Replaced, nowNs))
            {
                Abandon(i + 1);
                _entries.RemoveRange(mark, _entries.Count - mark);
                return DropReason.FlowTableFull;
            }

            entry.Pair.Touch(entry.IsForward, packet.TcpFlags, nowNs);
            state.Flows.Refresh(entry.Pair);
        }

        _entries.RemoveRange(mark, _entries.Count - mark);
        return DropReason.None;
    }

    /// <summary>Installs the pairs after a mark, which no packet of theirs has caused.</summary>
    public void Settle(int mark, long nowNs)
    {
        for (int i = mark; i < _entries.Count; i++)
        {
            state.TryInstall(_entries[i].Pair, _entries[i].Replaced, nowNs);
        }

        _entries.RemoveRange(mark, _entries.Count - mark);
    }

    /// <summary>Gives back what the pairs after a mark have taken: the packet does not leave.</summary>
    /// <remarks>There may be fewer: a copy of the packet that did leave has written all down.</remarks>
    public void Abandon(int mark)
    {
        mark = Math.Min(mark, _entries.Count);
        for (int i = mark; i < _entries.Count; i++)
        {
            if (_entries[i].IsNew)
            {
                state.ReleaseUnless(_entries[i].Pair.Layers, _entries[i].Replaced);
            }
        }

        _entries.RemoveRange(mark, _entries.Count - mark);
    }

    private readonly record struct Entry(FlowPair Pair, FlowPair? Replaced, bool IsForward, bool IsNew);
}
