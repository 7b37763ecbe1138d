// SAFETY: The sockets own their descriptors, closed once, in Dispose. Options are integers on the stack, whose size is
// passed with them; names are spans that are pinned for the length of the call.
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

    private UdpSockets(DescriptorHandle receiver, DescriptorHandle[] senders)
    {
        Receiver = receiver;
        _senders = senders;
    }

    /// <summary>The socket to receive from.</summary>
    public DescriptorHandle Receiver { get; }

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
            bool isV4 = local.Family == IpFamily.V4;
            Set(receiver, Native.SolSocket, Native.SoReuseport, options.ReusePort ? 1 : 0);
            int error = Bind(receiver, local, options.Port);
            if (error != 0)
            {
                throw LinuxError.Exception(name, $"listen on UDP port {options.Port}", error, "CAP_NET_BIND_SERVICE");
            }

            Set(receiver, Native.IpProtoUdp, Native.UdpGro, 1);
            Set(receiver, Native.SolSocket, Native.SoRxqOvfl, 1);
            Set(
                receiver,
                isV4 ? Native.IpProtoIp : Native.IpProtoIpv6,
                isV4 ? Native.IpRecvtos : Native.Ipv6RecvTclass,
                1);
            SetBuffer(receiver, Native.SoRcvbufforce, Native.SoRcvbuf);
            for (int i = 0; i < senders.Length; i++)
            {
                senders[i] = OpenSocket(name, local);
                BindSender(name, senders[i], local, FirstSourcePort + (SourcePortCount / senders.Length * i));
                SetBuffer(senders[i], Native.SoSndbufforce, Native.SoSndbuf);
            }

            return new UdpSockets(receiver, senders);
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

    /// <inheritdoc/>
    public void Dispose()
    {
        Receiver.Dispose();
        Array.ForEach(_senders, sender => sender.Dispose());
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

    private static int Bind(DescriptorHandle socket, IpAddress local, ushort port)
    {
        Span<byte> name = stackalloc byte[SocketName.MaxLength];
        int length = SocketName.Write(name, local, port);
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
