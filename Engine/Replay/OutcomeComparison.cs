using VxlanEngine.Policy;

namespace VxlanEngine.Replay;

/// <summary>Finds what became of a packet under one policy and not under another.</summary>
internal sealed class OutcomeComparison(bool ignoresPorts)
{
    private readonly List<bool> _isMatched = [];
    private byte[] _before = [];
    private byte[] _after = [];

    /// <summary>Compares two outcomes; the order of copies does not count.</summary>
    /// <param name="before">What became of the packet under the first policy.</param>
    /// <param name="after">What became of it under the second.</param>
    /// <param name="lost">The first event that only the first outcome has; −1 for none.</param>
    /// <param name="gained">The first event that only the second outcome has; −1 for none.</param>
    /// <returns>False when the packet fared the same.</returns>
    public bool TryFindDifference(PacketOutcome before, PacketOutcome after, out int lost, out int gained)
    {
        lost = -1;
        gained = -1;
        if (AreSameInOrder(before, after))
        {
            return false;
        }

        _isMatched.Clear();
        _isMatched.AddRange(Enumerable.Repeat(false, after.Events.Length));
        for (int i = 0; i < before.Events.Length; i++)
        {
            int match = FindMatch(before, i, after);
            if (match >= 0)
            {
                _isMatched[match] = true;
            }
            else if (lost < 0)
            {
                lost = i;
            }
        }

        gained = _isMatched.IndexOf(false);
        return lost >= 0 || gained >= 0;
    }

    /// <summary>Where two frames that left differ, without what does not count.</summary>
    public List<FieldChange> Compare(PacketOutcome before, in PacketEvent was, PacketOutcome after, in PacketEvent now)
    {
        bool ports = IgnoresPortsOf(was, now);
        ReadOnlySpan<byte> bytesBefore = Blanked(before.Bytes(was), was.Tunnel, ports, ref _before);
        ReadOnlySpan<byte> bytesAfter = Blanked(after.Bytes(now), now.Tunnel, ports, ref _after);
        return FrameFields.Compare(
            bytesBefore,
            OpenedFrame.Open(bytesBefore, was.Tunnel),
            bytesAfter,
            OpenedFrame.Open(bytesAfter, now.Tunnel));
    }

    private bool AreSameInOrder(PacketOutcome before, PacketOutcome after)
    {
        bool same = before.Events.Length == after.Events.Length;
        for (int i = 0; same && i < before.Events.Length; i++)
        {
            same = AreSame(before, before.Events[i], after, after.Events[i]);
        }

        return same;
    }

    private int FindMatch(PacketOutcome before, int index, PacketOutcome after)
    {
        for (int i = 0; i < after.Events.Length; i++)
        {
            if (!_isMatched[i] && AreSame(before, before.Events[index], after, after.Events[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private bool AreSame(PacketOutcome before, in PacketEvent was, PacketOutcome after, in PacketEvent now)
    {
        if (was.Verdict != now.Verdict
            || !string.Equals(was.Egress, now.Egress, StringComparison.Ordinal)
            || was.Length != now.Length)
        {
            return false;
        }

        if (before.Bytes(was).SequenceEqual(after.Bytes(now)))
        {
            return true;
        }

        bool ports = IgnoresPortsOf(was, now);
        return (ports || (was.Tunnel is not null && now.Tunnel is not null))
            && Blanked(before.Bytes(was), was.Tunnel, ports, ref _before)
                .SequenceEqual(Blanked(after.Bytes(now), now.Tunnel, ports, ref _after));
    }

    private bool IgnoresPortsOf(in PacketEvent was, in PacketEvent now) =>
        ignoresPorts && was.HasChosenPort && now.HasChosenPort;

    private static ReadOnlySpan<byte> Blanked(
        ReadOnlySpan<byte> bytes, TunnelOptions? tunnel, bool ports, ref byte[] buffer)
    {
        if (buffer.Length < bytes.Length)
        {
            buffer = new byte[Math.Max(bytes.Length, 2 * buffer.Length)];
        }

        bytes.CopyTo(buffer);
        Span<byte> copy = buffer.AsSpan(0, bytes.Length);
        IncidentalFields.Blank(copy, tunnel, ports);
        return copy;
    }
}
