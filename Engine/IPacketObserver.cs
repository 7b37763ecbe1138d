using VxlanEngine.Pipeline;

namespace VxlanEngine;

/// <summary>Is told what became of every packet, and why.</summary>
public interface IPacketObserver
{
    /// <summary>A frame left, was dropped, punted or consumed.</summary>
    /// <param name="report">Why; valid during the call only.</param>
    /// <param name="frame">The frame's bytes: as it leaves when it was forwarded, else as it was received.</param>
    /// <remarks>Thread: the one that polls the switch. What it throws ends the poll.</remarks>
    void OnPacket(PacketReport report, ReadOnlySpan<byte> frame);
}
