// SAFETY: The device owns its descriptor, closed once, in Dispose. Each ioctl passes one ifreq or one integer on the
// stack, which the kernel reads and writes inside its size; reading fills at most the span that the caller gives.
using System.Text;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

/// <summary>
/// A TAP device: what is written to it comes in at a network interface, and what leaves there is read.
/// </summary>
/// <remarks>See Documentation/networking/tuntap.rst. Thread: one.</remarks>
internal sealed unsafe class TapDevice : IDisposable
{
    private const string Path = "/dev/net/tun";

    // TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN: the reader takes partial checksums and super-frames of TCP.
    private const nuint Offloads = 0x0F;

    // TUN_F_UDP_TUNNEL_GSO, TUN_F_UDP_TUNNEL_GSO_CSUM: it also takes those in UDP tunnels.
    private const nuint TunnelOffloads = 0x180;

    // TUN_F_USO4, TUN_F_USO6: and those of UDP, which takes both.
    private const nuint UdpOffloads = 0x60;

    private readonly DescriptorHandle _control;

    private TapDevice(DescriptorHandle handle, DescriptorHandle control, string interfaceName, int headerLength)
    {
        (Handle, _control, InterfaceName, HeaderLength) = (handle, control, interfaceName, headerLength);
    }

    /// <summary>
    /// Bytes in front of each frame: an <see cref="OffloadHeader"/>, perhaps with a tunnel's offsets.
    /// </summary>
    public int HeaderLength { get; }

    /// <summary>True when super-frames of UDP may be written.</summary>
    public bool TakesUdp { get; private init; }

    /// <summary>The descriptor, to wait for and to write to.</summary>
    public DescriptorHandle Handle { get; }

    /// <summary>Name of the interface when it was made.</summary>
    public string InterfaceName { get; }

    /// <summary>Makes an interface, or attaches to one that was made to last.</summary>
    /// <exception cref="PortOpenException">No permission, or the name is another interface's.</exception>
    public static TapDevice Open(string name, string device, TapPortOptions options)
    {
        DescriptorHandle handle = Native.open(Path, Native.ORdwr | Native.ONonblock | Native.OCloexec);
        if (handle.IsInvalid)
        {
            throw LinuxError.Exception(name, $"open {Path}", LinuxError.Last, "CAP_NET_ADMIN");
        }

        DescriptorHandle control = Native.socket(Native.AfInet, Native.SockDgram | Native.SockCloexec, 0);
        try
        {
            Native.ifreq request = NetworkDevice.Request(device);
            bool isNew = NetworkDevice.IndexOf(control, device) == 0;
            int queues = options.MultiQueue ? Native.IffMultiQueue : 0;
            request.ifr_flags = (short)(Native.IffTap | Native.IffNoPi | Native.IffVnetHdr | queues);
            int result = Native.ioctl(handle, Native.TunSetIff, &request);
            if (result < 0 && options.MultiQueue && LinuxError.Last == LinuxError.Invalid)
            {
                throw new PortOpenException(
                    $"{name}: '{device}' exists and has one queue: make it with 'ip tuntap add … multi_queue'.");
            }

            Check(name, "make the interface", result);
            int length = options.TunnelSuperFrames ? OffloadHeader.TunnelLength : OffloadHeader.Length;
            Check(name, "set the header's length", Native.ioctl(handle, Native.TunSetVnetHdrSz, &length));
            nuint offloads = options.TunnelSuperFrames ? Offloads | TunnelOffloads : Offloads;
            bool comesUdp = options.UdpSuperFrames
                && Native.ioctl(handle, Native.TunSetOffload, (void*)(offloads | UdpOffloads)) >= 0;
            result = comesUdp ? 0 : Native.ioctl(handle, Native.TunSetOffload, (void*)offloads);
            if (result < 0 && options.TunnelSuperFrames)
            {
                throw new PortOpenException(
                    $"{name}: the kernel takes no super-frames in tunnels: leave 'tunnels' out, or use Linux 6.17.");
            }

            Check(name, "offer offloads", result);
            var opened = new TapDevice(handle, control, NameIn(request), length)
            {
                TakesUdp = comesUdp || LinuxPlatform.TakesUdpSuperFrames,
            };
            opened.Configure(name, options);
            if (isNew)
            {
                opened.LimitSuperFrames();
            }

            return opened;
        }
        catch
        {
            control.Dispose();
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads one frame with the header in front of it.</summary>
    /// <param name="buffer">Receives both; what does not fit is lost.</param>
    /// <param name="error">Why nothing was read, or 0.</param>
    /// <returns>Bytes read.</returns>
    public int Read(Span<byte> buffer, out int error)
    {
        fixed (byte* start = buffer)
        {
            nint length = Native.read(Handle, start, (nuint)buffer.Length);
            error = length < 0 ? LinuxError.Last : 0;
            return (int)Math.Max(length, 0);
        }
    }

    /// <summary>True while the interface exists, in whatever namespace.</summary>
    public bool Exists()
    {
        Native.ifreq request = default;
        return Native.ioctl(Handle, Native.TunGetIff, &request) >= 0;
    }

    /// <summary>Link and MTU; null where the interface has gone to another namespace or got another name.</summary>
    public (bool IsUp, bool HasCarrier, int Mtu)? ReadLink()
    {
        if (NetworkDevice.IndexOf(_control, InterfaceName) == 0)
        {
            return null;
        }

        (bool isUp, bool hasCarrier) = NetworkDevice.LinkOf(_control, InterfaceName);
        return (isUp, hasCarrier, NetworkDevice.MtuOf(_control, InterfaceName));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _control.Dispose();
        Handle.Dispose();
    }

    private static void Check(string name, string what, int result)
    {
        if (result < 0)
        {
            throw LinuxError.Exception(name, what, LinuxError.Last, "CAP_NET_ADMIN");
        }
    }

    private static string NameIn(Native.ifreq request)
    {
        var bytes = new ReadOnlySpan<byte>(request.ifr_name, NetworkDevice.MaxNameLength + 1);
        return Encoding.UTF8.GetString(bytes[..bytes.IndexOf((byte)0)]);
    }

    private static void CheckError(string name, string what, int error)
    {
        if (error != 0)
        {
            throw LinuxError.Exception(name, what, error, "CAP_NET_ADMIN");
        }
    }

    private void Configure(string name, TapPortOptions options)
    {
        if (!options.Mac.IsZero)
        {
            CheckError(name, "set the MAC address", NetworkDevice.SetMac(_control, InterfaceName, options.Mac));
        }

        if (options.Mtu > 0)
        {
            CheckError(name, "set the MTU", NetworkDevice.SetMtu(_control, InterfaceName, options.Mtu));
        }

        CheckError(name, "bring the interface up", NetworkDevice.BringUp(_control, InterfaceName));
    }

    /// <summary>
    /// Has TCP make super-frames that a <see cref="UdpPort"/> sends as one datagram: the short one that would follow is
    /// as much work at the other end. Of an interface that somebody else made, its owner decides.
    /// </summary>
    private void LimitSuperFrames()
    {
        int index = NetworkDevice.IndexOf(_control, InterfaceName);
        int segments = UdpPort.SegmentsOfOneDatagram(NetworkDevice.MtuOf(_control, InterfaceName));
        Span<byte> message = stackalloc byte[LinkMessage.MaxSegmentsLength];
        LinkMessage.WriteMaxSegments(message, index, segments);
        try
        {
            // Longer super-frames are right too, so it does not matter whether the kernel agrees.
            using NetlinkSocket kernel = NetlinkSocket.Open(InterfaceName, groups: 0);
            kernel.Send(message);
        }
        catch (PortOpenException)
        {
            // No netlink here.
        }
    }
}
