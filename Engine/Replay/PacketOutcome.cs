using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;

namespace VxlanEngine.Replay;

/// <summary>All that became of one packet: every frame that left, with its bytes, and every decision.</summary>
/// <remarks>Memory is that of the packet with the most copies.</remarks>
internal sealed class PacketOutcome : IFrameSink
{
    private readonly List<PacketEvent> _events = [];
    private readonly List<LayerDecision> _decisions = [];
    private byte[] _bytes = new byte[4096];
    private int _length;

    /// <summary>Names a port by its number; set before the first packet.</summary>
    public Func<int, string> PortName { get; set; } = index => $"port {index}";

    public ReadOnlySpan<PacketEvent> Events => CollectionsMarshal.AsSpan(_events);

    /// <summary>The bytes that left; empty for another fate.</summary>
    public ReadOnlySpan<byte> Bytes(in PacketEvent e) => _bytes.AsSpan(e.Offset, e.Length);

    /// <summary>What the layers decided on the way to it.</summary>
    public ReadOnlySpan<LayerDecision> Decisions(in PacketEvent e) =>
        CollectionsMarshal.AsSpan(_decisions).Slice(e.FirstDecision, e.DecisionCount);

    /// <summary>Forgets the last packet.</summary>
    public void Clear()
    {
        _events.Clear();
        _decisions.Clear();
        _length = 0;
    }

    public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
    {
        ReadOnlySpan<byte> bytes = pool.Frame(frame);
        if (_bytes.Length - _length < bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        Add(report, _length, bytes.Length);
        _length += bytes.Length;
        pool.Return(frame);
        return true;
    }

    public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report) => Add(report, 0, 0);

    private void Add(PacketReport report, int offset, int length)
    {
        bool left = report.Verdict.Kind == VerdictKind.Forward;
        _events.Add(new PacketEvent
        {
            Verdict = report.Verdict,
            Origin = report.Origin,
            Egress = left ? PortName(report.Egress) : null,
            Offset = offset,
            Length = length,
            FirstDecision = _decisions.Count,
            DecisionCount = report.Decisions.Length,
            Tunnel = left ? report.Transposition.Push?.Options : null,
            HasChosenPort = left && HasChosenPort(report.Decisions),
        });
        _decisions.AddRange(report.Decisions);
    }

    // Against the rule's direction the pool's choice is undone, not made.
    private static bool HasChosenPort(ReadOnlySpan<LayerDecision> decisions)
    {
        foreach (ref readonly LayerDecision decision in decisions)
        {
            if (decision.Rule is { Rule.Action: RuleAction.DynamicNat } rule
                && decision.Direction == rule.Group.Direction)
            {
                return true;
            }
        }

        return false;
    }
}
