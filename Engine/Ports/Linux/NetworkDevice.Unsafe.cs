// SAFETY: Each call passes one structure on the stack, which the kernel reads and writes inside its size; the name of
// an interface is cut to 15 bytes and ends with a zero.
using System.Runtime.InteropServices;
using System.Text;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>Asks and tells the kernel about a network interface, by its name.</summary>
/// <remarks>See <see href="https://man7.org/linux/man-pages/man7/netdevice.7.html"/>.</remarks>
internal static unsafe class NetworkDevice
{
    /// <summary>Bytes of the longest name.</summary>
    public const int MaxNameLength = 15;

    /// <summary>True when an interface may have this name.</summary>
    public static bool IsName(string name) =>
        name.Length > 0
        && Encoding.UTF8.GetByteCount(name) <= MaxNameLength
        && !name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c));

    /// <summary>The interface's index; 0 when there is no such interface.</summary>
    public static int IndexOf(DescriptorHandle socket, string name) =>
        TryAsk(socket, name, Native.SiocGifIndex, out Native.ifreq answer) ? answer.ifr_ifindex : 0;

    /// <summary>Bytes of the largest IP packet; 0 when there is no such interface.</summary>
    public static int MtuOf(DescriptorHandle socket, string name) =>
        TryAsk(socket, name, Native.SiocGifMtu, out Native.ifreq answer) ? answer.ifr_mtu : 0;

    /// <summary>Whether it is administratively up, and whether it has a carrier.</summary>
    public static (bool IsUp, bool HasCarrier) LinkOf(DescriptorHandle socket, string name) =>
        TryAsk(socket, name, Native.SiocGifFlags, out Native.ifreq answer)
            ? ((answer.ifr_flags & Native.IffUp) != 0, (answer.ifr_flags & Native.IffRunning) != 0)
            : (false, false);

    /// <summary>Number of queues in use; 0 when the driver does not say.</summary>
    public static (int Receive, int Transmit) QueuesOf(DescriptorHandle socket, string name)
    {
        var channels = new Native.ethtool_channels { cmd = Native.EthtoolGchannels };
        Native.ifreq request = Request(name);
        request.ifr_data = &channels;
        return Native.ioctl(socket, Native.SiocEthtool, &request) < 0
            ? (0, 0)
            : ((int)(channels.rx_count + channels.combined_count), (int)(channels.tx_count + channels.combined_count));
    }

    /// <summary>Has the interface take frames for any MAC address while a packet socket is open.</summary>
    public static void MakePromiscuous(DescriptorHandle packetSocket, int index)
    {
        var membership = new Native.packet_mreq { mr_ifindex = index, mr_type = Native.PacketMrPromisc };
        Native.setsockopt(
            packetSocket,
            Native.SolPacket,
            Native.PacketAddMembership,
            &membership,
            (uint)sizeof(Native.packet_mreq));
    }

    /// <summary>
    /// Has the interface take frames for a group's MAC address while a packet socket is open, or no longer.
    /// </summary>
    public static void SetMulticast(DescriptorHandle packetSocket, int index, MacAddress group, bool isWanted)
    {
        var membership = new Native.packet_mreq
        {
            mr_ifindex = index,
            mr_type = Native.PacketMrMulticast,
            mr_alen = MacAddress.Length,
        };
        MemoryMarshal.Write(new Span<byte>(&membership.mr_address, sizeof(ulong)), group);
        Native.setsockopt(
            packetSocket,
            Native.SolPacket,
            isWanted ? Native.PacketAddMembership : Native.PacketDropMembership,
            &membership,
            (uint)sizeof(Native.packet_mreq));
    }

    /// <summary>Brings the interface up.</summary>
    /// <returns>0, or the error.</returns>
    public static int BringUp(DescriptorHandle socket, string name)
    {
        Native.ifreq request = Request(name);
        if (Native.ioctl(socket, Native.SiocGifFlags, &request) < 0)
        {
            return LinuxError.Last;
        }

        request.ifr_flags |= Native.IffUp;
        return Tell(socket, Native.SiocSifFlags, request);
    }

    /// <summary>Sets the MTU.</summary>
    /// <returns>0, or the error.</returns>
    public static int SetMtu(DescriptorHandle socket, string name, int mtu)
    {
        Native.ifreq request = Request(name);
        request.ifr_mtu = mtu;
        return Tell(socket, Native.SiocSifMtu, request);
    }

    /// <summary>Sets the MAC address.</summary>
    /// <returns>0, or the error.</returns>
    public static int SetMac(DescriptorHandle socket, string name, MacAddress mac)
    {
        Native.ifreq request = Request(name);
        request.sa_family = Native.ArphrdEther;
        MemoryMarshal.Write(new Span<byte>(request.sa_data, MacAddress.Length), mac);
        return Tell(socket, Native.SiocSifHwaddr, request);
    }

    /// <summary>A request about an interface, for calls of devices' own.</summary>
    internal static Native.ifreq Request(string name)
    {
        Native.ifreq request = default;
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(name.Length)];
        int length = Math.Min(Encoding.UTF8.GetBytes(name, bytes), MaxNameLength);
        bytes[..length].CopyTo(new Span<byte>(request.ifr_name, MaxNameLength));
        return request;
    }

    private static bool TryAsk(DescriptorHandle socket, string name, nuint question, out Native.ifreq answer)
    {
        Native.ifreq request = Request(name);
        bool isAnswered = Native.ioctl(socket, question, &request) >= 0;
        answer = request;
        return isAnswered;
    }

    private static int Tell(DescriptorHandle socket, nuint what, Native.ifreq request) =>
        Native.ioctl(socket, what, &request) < 0 ? LinuxError.Last : 0;
}
