// SAFETY: The sockets own their descriptors, closed once, in Dispose. Options are integers on the stack, whose size is
// passed with them; names are spans that are pinned for the length of the call.
using System.Globalization;
using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>The socket that VXLAN datagrams come in at, and those that they are sent from.</summary>
/// <remarks>See udp(7). Thread: one.</remarks>
internal sealed unsafe class UdpSockets : IDisposable
{
    private const int FirstSourcePort = 49152;
    private const int SourcePortCount = 65536 - FirstSourcePort;
    private const int Buffer = 8 * 1024 * 1024;

    private readonly DescriptorHandle[] _senders;
    private readonly string _name;
    private readonly IpAddress _local;
    private readonly UdpPortOptions _options;
    private readonly List<UdpReceiver> _receivers = [];

    // Once groups were joined: the descriptor to wait for is that of all sockets.
    private DescriptorHandle? _epoll;

    private UdpSockets(
        string name, IpAddress local, UdpPortOptions options, DescriptorHandle receiver, DescriptorHandle[] senders)
    {
        (_name, _local, _options, _senders) = (name, local, options, senders);
        _receivers.Add(new UdpReceiver(local, receiver));
    }

    /// <summary>The sockets to receive from: that of the port's own address first, then one for each group.</summary>
    public IReadOnlyList<UdpReceiver> Receivers => _receivers;

    /// <summary>Readable when a datagram waits at one of <see cref="Receivers"/>.</summary>
    public DescriptorHandle Waitable => _epoll ?? _receivers[0].Socket;

    /// <summary>Why groups were not joined; null when all were.</summary>
    public string? GroupFault { get; private set; }

    /// <summary>Number of sockets to send from.</summary>
    public int SenderCount => _senders.Length;

    /// <summary>Opens the sockets.</summary>
    /// <exception cref="PortOpenException">The address is not this machine's, or the port is taken.</exception>
    public static UdpSockets Open(string name, IpAddress local, UdpPortOptions options)
    {
        var senders = new DescriptorHandle[options.SourcePorts];
        DescriptorHandle receiver = OpenSocket(name, local);
        try
        {
            Set(receiver, Native.SolSocket, Native.SoReuseport, options.ReusePort ? 1 : 0);
            int error = Bind(receiver, local, options.Port);
            if (error != 0)
            {
                throw LinuxError.Exception(name, $"listen on UDP port {options.Port}", error, "CAP_NET_BIND_SERVICE");
            }

            SetUpReceiver(receiver, local.Family);
            int index = InterfaceOf(local);
            for (int i = 0; i < senders.Length; i++)
            {
                senders[i] = OpenSocket(name, local);
                BindSender(name, senders[i], local, FirstSourcePort + (SourcePortCount / senders.Length * i));
                SetBuffer(senders[i], Native.SoSndbufforce, Native.SoSndbuf);
                SetUpForGroups(senders[i], local, index);
            }

            return new UdpSockets(name, local, options, receiver, senders);
        }
        catch
        {
            receiver.Dispose();
            Array.ForEach(senders, sender => sender?.Dispose());
            throw;
        }
    }

    /// <summary>A socket to send from.</summary>
    public DescriptorHandle Sender(int index) => _senders[index];

    /// <summary>
    /// Joins groups and leaves all others. Those that cannot be joined are left out, and are to be tried again.
    /// </summary>
    public void SetGroups(IReadOnlyCollection<IpAddress> groups)
    {
        for (int i = _receivers.Count - 1; i > 0; i--)
        {
            if (!groups.Contains(_receivers[i].Address))
            {
                // The kernel says that the group was left when its socket is closed.
                _receivers[i].Socket.Dispose();
                _receivers.RemoveAt(i);
            }
        }

        GroupFault = null;
        foreach (IpAddress group in groups)
        {
            if (group.Family == _local.Family && !_receivers.Exists(r => r.Address == group))
            {
                int error = Join(group);
                GroupFault = error == 0 ? GroupFault : $"{_name}: cannot join {group}: {LinuxError.Text(error)}.";
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _receivers.ForEach(receiver => receiver.Socket.Dispose());
        _epoll?.Dispose();
        Array.ForEach(_senders, sender => sender.Dispose());
    }

    /// <summary>Opens a socket for a group, which hears nothing else, and joins the group with it.</summary>
    /// <returns>0, or the error.</returns>
    private int Join(IpAddress group)
    {
        DescriptorHandle socket = OpenSocket(_name, group);
        int index = InterfaceOf(_local);

        // Others of this machine may listen to the group too: the kernel gives each of them a copy.
        Set(socket, Native.SolSocket, Native.SoReuseaddr, 1);
        int error = Bind(socket, group, _options.Port, index);
        error = error == 0 ? AddMembership(socket, group, index) : error;
        if (error == 0)
        {
            SetUpReceiver(socket, group.Family);
            _receivers.Add(new UdpReceiver(group, socket));
            error = WaitFor(socket);
        }
        else
        {
            socket.Dispose();
        }

        return error;
    }

    private int WaitFor(DescriptorHandle socket)
    {
        if (_epoll is null)
        {
            DescriptorHandle epoll = Native.epoll_create1(Native.EfdCloexec);
            if (epoll.IsInvalid)
            {
                return LinuxError.Last;
            }

            _epoll = epoll;
            WaitFor(_receivers[0].Socket);
        }

        var change = new Native.epoll_event { events = Native.EpollIn };
        return Native.epoll_ctl(_epoll, Native.EpollCtlAdd, socket.Number, &change) < 0 ? LinuxError.Last : 0;
    }

    private int AddMembership(DescriptorHandle socket, IpAddress group, int index)
    {
        // struct ip_mreqn: group, local address, interface; struct ipv6_mreq: group, interface.
        const int ipv4Length = (2 * Ipv4Address.Length) + sizeof(int);
        const int ipv6Length = Ipv6Address.Length + sizeof(int);
        byte* request = stackalloc byte[Math.Max(ipv4Length, ipv6Length)];
        var bytes = new Span<byte>(request, Math.Max(ipv4Length, ipv6Length));
        bytes.Clear();
        if (group.Family == IpFamily.V4)
        {
            MemoryMarshal.Write(bytes, group.V4);
            MemoryMarshal.Write(bytes[Ipv4Address.Length..], _local.V4);
            return Native.setsockopt(socket, Native.IpProtoIp, Native.IpAddMembership, request, ipv4Length) < 0
                ? LinuxError.Last
                : 0;
        }

        MemoryMarshal.Write(bytes, group.V6);
        MemoryMarshal.Write(bytes[Ipv6Address.Length..], index);
        return Native.setsockopt(socket, Native.IpProtoIpv6, Native.Ipv6JoinGroup, request, ipv6Length) < 0
            ? LinuxError.Last
            : 0;
    }

    /// <summary>Index of the interface with an IPv6 address of this machine; 0 when there is none.</summary>
    /// <remarks>IPv4 finds the interface by the address itself.</remarks>
    private static int InterfaceOf(IpAddress local)
    {
        const string table = "/proc/net/if_inet6";
        if (local.Family != IpFamily.V6 || local.IsUnspecified || !File.Exists(table))
        {
            return 0;
        }

        // Address, index, prefix length, scope, flags, name; all numbers are hexadecimal.
        string wanted = $"{local.High:x16}{local.Low:x16}";
        string? line = File.ReadLines(table).FirstOrDefault(l => l.StartsWith(wanted, StringComparison.Ordinal));
        return line is null
            ? 0
            : int.Parse(line.Split(' ')[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private static void SetUpReceiver(DescriptorHandle socket, IpFamily family)
    {
        bool isV4 = family == IpFamily.V4;
        int level = isV4 ? Native.IpProtoIp : Native.IpProtoIpv6;
        Set(socket, Native.IpProtoUdp, Native.UdpGro, 1);
        Set(socket, Native.SolSocket, Native.SoRxqOvfl, 1);
        Set(socket, level, isV4 ? Native.IpRecvtos : Native.Ipv6RecvTclass, 1);

        // Only what this socket has joined, not what any other of the machine has.
        Set(socket, level, isV4 ? Native.IpMulticastAll : Native.Ipv6MulticastAll, 0);
        SetBuffer(socket, Native.SoRcvbufforce, Native.SoRcvbuf);
    }

    /// <summary>What is sent to a group leaves by the address's interface, and does not come back.</summary>
    private static void SetUpForGroups(DescriptorHandle socket, IpAddress local, int index)
    {
        if (local.Family == IpFamily.V4)
        {
            Ipv4Address address = local.V4;
            Native.setsockopt(
                socket, Native.IpProtoIp, Native.IpMulticastIf, &address, (uint)Ipv4Address.Length);
            Set(socket, Native.IpProtoIp, Native.IpMulticastLoop, 0);
        }
        else
        {
            Set(socket, Native.IpProtoIpv6, Native.Ipv6MulticastIf, index);
            Set(socket, Native.IpProtoIpv6, Native.Ipv6MulticastLoop, 0);
        }
    }

    private static DescriptorHandle OpenSocket(string name, IpAddress local)
    {
        bool isV4 = local.Family == IpFamily.V4;
        DescriptorHandle socket = Native.socket(
            isV4 ? Native.AfInet : Native.AfInet6,
            Native.SockDgram | Native.SockNonblock | Native.SockCloexec,
            0);
        if (socket.IsInvalid)
        {
            throw LinuxError.Exception(name, "open a socket", LinuxError.Last, "CAP_NET_RAW");
        }

        // RFC 7348 §4.3: VTEPs do not fragment.
        Set(
            socket,
            isV4 ? Native.IpProtoIp : Native.IpProtoIpv6,
            isV4 ? Native.IpMtuDiscover : Native.Ipv6MtuDiscover,
            Native.IpPmtudiscDo);
        return socket;
    }

    private static void BindSender(string name, DescriptorHandle socket, IpAddress local, int port)
    {
        // A port that somebody has is passed over.
        for (int i = 0; i < SourcePortCount; i++)
        {
            ushort candidate = (ushort)(FirstSourcePort + ((port - FirstSourcePort + i) % SourcePortCount));
            if (Bind(socket, local, candidate) == 0)
            {
                return;
            }
        }

        throw new PortOpenException($"{name}: no source port is free.");
    }

    private static int Bind(DescriptorHandle socket, IpAddress local, ushort port, int scope = 0)
    {
        Span<byte> name = stackalloc byte[SocketName.MaxLength];
        int length = SocketName.Write(name, local, port, scope);
        fixed (byte* start = name)
        {
            return Native.bind(socket, start, (uint)length) < 0 ? LinuxError.Last : 0;
        }
    }

    private static int Set(DescriptorHandle socket, int level, int option, int value) =>
        Native.setsockopt(socket, level, option, &value, sizeof(int));

    // More than the system's limit needs a capability; without it the limit has to do.
    private static void SetBuffer(DescriptorHandle socket, int forced, int option)
    {
        if (Set(socket, Native.SolSocket, forced, Buffer) < 0)
        {
            Set(socket, Native.SolSocket, option, Buffer);
        }
    }
}
