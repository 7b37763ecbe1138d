using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>A switch whose every deed is recorded, one packet at a time.</summary>
internal sealed class RecordedSwitch : IDisposable
{
    private readonly SwitchCore _core;
    private readonly ushort[] _ports;

    /// <exception cref="PolicyException">The policy has mistakes.</exception>
    public RecordedSwitch(SwitchPolicy policy, SwitchLimits limits, IReadOnlyList<ReplayInput> inputs)
    {
        _core = new SwitchCore(
            policy, limits, ReplayFeed.BufferCount, CaptureWriter.MaximumPacketLength, Outcome);
        Outcome.PortName = _core.PortName;
        _ports = [.. inputs.Select(i => NumberOf(i.Port))];
    }

    /// <summary>What became of the last packet.</summary>
    public PacketOutcome Outcome { get; } = new();

    /// <summary>Takes a packet to its end.</summary>
    public void Process(int input, in CapturedPacket packet, FrameFlags flags, uint number)
    {
        Outcome.Clear();
        FrameDescriptor frame = ReplayFeed.Load(_core.Pool, packet, flags);
        frame.Port = _ports[input];
        frame.PacketId = number;
        _core.Processor.Process(frame);
    }

    public void Dispose() => _core.Dispose();

    // A port that this policy lacks has a number that no port has, and so is never ready.
    private ushort NumberOf(string port) =>
        (ushort)(_core.TryFindPort(port, out int index) ? index : _core.PortCount);
}
