using VxlanEngine.Packets;

namespace VxlanEngine.Ports;

/// <summary>
/// A port whose other side is a device or a socket of the machine: one can wait for it, and it may fail and come back.
/// </summary>
/// <remarks>
/// A failure is a state, never an exception: the switch goes on, frames for the port are dropped and counted, and
/// <see cref="Maintain"/> brings the port back. Thread: the one that polls; <see cref="State"/>, <see cref="Fault"/>,
/// <see cref="Notice"/>, <see cref="Summary"/> and <see cref="Statistics"/> may be read by others, and are then as of
/// some moment ago.
/// </remarks>
public interface ILivePort : IPacketPort
{
    /// <summary>What the port stands on, as one writes it: <c>raw:eth0</c>.</summary>
    string Name { get; }

    /// <summary>Whether frames get through.</summary>
    PortState State { get; }

    /// <summary>Why they do not; null when <see cref="State"/> is <see cref="PortState.Up"/>.</summary>
    string? Fault { get; }

    /// <summary>What to know of the port although it works, such as what it leaves out; null for nothing.</summary>
    string? Notice => null;

    /// <summary>What the port did to frames besides carrying them, in words and numbers; null for nothing.</summary>
    string? Summary => null;

    /// <summary>
    /// Name of the machine's interface that the port sends and receives at, whose routes and neighbours are then those
    /// of the port; null for a port that stands on something else.
    /// </summary>
    string? Interface => null;

    /// <summary>True when the machine's own stack hears what comes in at <see cref="Interface"/> too.</summary>
    bool IsHeardByHost => false;

    /// <summary>Bytes of the largest IP packet that the device takes; 0 when it does not say.</summary>
    int Mtu { get; }

    /// <summary>
    /// The file descriptor that becomes readable when frames wait (epoll, poll); −1 while there is none.
    /// </summary>
    int PollDescriptor { get; }

    /// <summary>True when frames wait for the device to take them, so that a flush is due soon.</summary>
    bool HasUnsent { get; }

    /// <summary>What the device and the port counted.</summary>
    PortStatistics Statistics { get; }

    /// <summary>
    /// Number of buffers that the port lends to its device, in memory that both see; 0 where it copies frames.
    /// </summary>
    int WantedBuffers => 0;

    /// <summary>
    /// Says which pool all bursts will come with, before the first one, and again when it has got more shared buffers:
    /// a port that lends buffers to its device takes them from there.
    /// </summary>
    /// <param name="pool">The pool, extended by the buffers that all its ports want.</param>
    /// <returns>True when the port was opened anew: <see cref="PollDescriptor"/> is another one.</returns>
    bool Adopt(PacketPool pool) => false;

    /// <summary>
    /// Looks at link, MTU and the kernel's counters, and opens a failed port anew when that is possible; called a few
    /// times a second.
    /// </summary>
    /// <returns>True when the port was opened anew: <see cref="PollDescriptor"/> is another one.</returns>
    bool Maintain();
}
