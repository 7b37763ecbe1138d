using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>A socket that tunnel packets come in at.</summary>
/// <param name="address">The address that they are sent to: one of this machine, or a group.</param>
/// <param name="socket">The socket.</param>
internal sealed class UdpReceiver(IpAddress address, DescriptorHandle socket)
{
    /// <summary>The address that datagrams are sent to.</summary>
    public IpAddress Address => address;

    /// <summary>The socket.</summary>
    public DescriptorHandle Socket => socket;

    /// <summary>Datagrams that the kernel has dropped so far, as it last said.</summary>
    public uint Drops { get; set; }
}
