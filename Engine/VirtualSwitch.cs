using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;

namespace VxlanEngine;

/// <summary>A virtual switch: ports, the policy in force, and the packets between them.</summary>
/// <remarks>
/// <code>
/// using var vswitch = new VirtualSwitch(PolicyJson.Load("overlay.json"));
/// vswitch.Attach("web", web);
/// vswitch.Attach("uplink", uplink);
/// while (running) { vswitch.Poll(); }
/// </code>
/// Thread: one at a time.
/// </remarks>
public sealed class VirtualSwitch : IDisposable
{
    private const int BurstLength = 32;

    private readonly SwitchCore _core;
    private readonly Dictionary<int, IPacketPort> _adapters = [];
    private readonly List<int> _attached = [];
    private readonly FrameDescriptor[] _burst = new FrameDescriptor[BurstLength];

    /// <summary>Builds a switch.</summary>
    /// <param name="policy">The policy to start with.</param>
    /// <param name="options">Sizes and limits.</param>
    /// <exception cref="PolicyException">The policy has mistakes; all of them are told.</exception>
    public VirtualSwitch(SwitchPolicy policy, VirtualSwitchOptions? options = null)
    {
        options ??= new VirtualSwitchOptions();
        var sink = new Sink(_adapters, options.Observer, options.FrameCapacity);
        _core = new SwitchCore(
            policy,
            options.Limits,
            options.BufferCount,
            options.FrameCapacity,
            sink,
            classifiers: options.Classifier);
    }

    /// <summary>The policy in force.</summary>
    public SwitchPolicy Policy => _core.Policy;

    /// <summary>Number of the policy in force: 1 for the first, one more for each that changed something.</summary>
    public uint Generation => _core.Generation;

    /// <summary>
    /// Puts a policy in force: every packet from the next one on sees all of it, and established flows live on.
    /// </summary>
    /// <returns>False when it is equal to the one in force, whose generation then stays.</returns>
    /// <exception cref="PolicyException">The policy has mistakes; the old one stays in force.</exception>
    public bool Apply(SwitchPolicy policy) => _core.Apply(policy);

    /// <summary>Connects a port of the policy to where its frames come from and go to.</summary>
    /// <param name="port">Name of the port.</param>
    /// <param name="adapter">The adapter; the switch does not dispose it.</param>
    /// <exception cref="ArgumentException">The policy in force has no such port, or it is attached already.</exception>
    public void Attach(string port, IPacketPort adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        if (!_core.TryFindPort(port, out int index) || _core.Processor.Snapshot.Port(index) is null)
        {
            throw new ArgumentException($"The policy has no port '{port}'.", nameof(port));
        }

        if (!_adapters.TryAdd(index, adapter))
        {
            throw new ArgumentException($"Port '{port}' is attached already.", nameof(port));
        }

        _attached.Add(index);
    }

    /// <summary>Receives one burst from every port and takes each frame to its fate.</summary>
    /// <returns>The number of frames received.</returns>
    public int Poll()
    {
        int total = 0;
        foreach (int port in _attached)
        {
            int count = _adapters[port].Receive(_core.Pool, _burst);
            for (int i = 0; i < count; i++)
            {
                _burst[i].Port = (ushort)port;
            }

            _core.Process(_burst.AsSpan(0, count));

            total += count;
        }

        return total;
    }

    /// <summary>Reads all counters.</summary>
    public SwitchCounters ReadCounters() => _core.ReadCounters();

    /// <summary>The name of a port by the number that reports carry.</summary>
    public string PortName(int index) => _core.PortName(index);

    /// <summary>Frees the packet buffers. Adapters are left to whoever made them.</summary>
    public void Dispose() => _core.Dispose();

    private sealed class Sink(Dictionary<int, IPacketPort> adapters, IPacketObserver? observer, int frameCapacity)
        : IFrameSink
    {
        // A frame that a port has taken is the port's; the observer, which is told then, reads a copy.
        private readonly byte[] _copy = observer is null ? [] : new byte[PacketPool.Headroom + frameCapacity];

        public bool WantsReports => observer is not null;

        public int Forward(PacketPool pool, ReadOnlySpan<FrameDescriptor> frames, int egress) =>
            adapters.TryGetValue(egress, out IPacketPort? adapter) ? adapter.Transmit(pool, frames) : 0;

        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
            if (!adapters.TryGetValue(report.Egress, out IPacketPort? adapter))
            {
                return false;
            }

            if (observer is null)
            {
                return adapter.Transmit(pool, new ReadOnlySpan<FrameDescriptor>(in frame)) == 1;
            }

            int length = frame.Length;
            pool.Frame(frame).CopyTo(_copy);
            if (adapter.Transmit(pool, new ReadOnlySpan<FrameDescriptor>(in frame)) != 1)
            {
                return false;
            }

            observer.OnPacket(report, _copy.AsSpan(0, length));
            return true;
        }

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report) =>
            observer?.OnPacket(report, pool.Frame(frame));
    }
}
