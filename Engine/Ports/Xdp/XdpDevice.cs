using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>An interface with the XDP program and the socket that its frames go to.</summary>
/// <remarks>Thread: one.</remarks>
internal sealed class XdpDevice : IDisposable
{
    /// <summary>Bytes of the largest IP packet: a frame with two VLAN tags fits.</summary>
    public const int MaxMtu = (XdpSocket.MostPieces * XdpSocket.LongestPiece) - LinkOverhead;

    /// <summary>Bytes of the largest IP packet whose frame is received into one buffer.</summary>
    public const int MaxShortMtu = XdpSocket.LongestPiece - LinkOverhead;

    /// <summary>Most bytes of a frame besides its IP packet.</summary>
    public const int LinkOverhead = Wire.EthernetHeader.Length + (2 * Wire.VlanTag.Length);

    private readonly SharedXdpProgram.Use _program;

    private XdpDevice(DescriptorHandle control, int index, SharedXdpProgram.Use program, XdpSocket socket)
    {
        (Control, Index, _program, Socket) = (control, index, program, socket);
    }

    /// <summary>
    /// A packet socket to ask about the interface, because those of AF_XDP do not answer; super-frames leave by it,
    /// too.
    /// </summary>
    public DescriptorHandle Control { get; }

    /// <summary>Index of the interface.</summary>
    public int Index { get; }

    /// <summary>Where frames come and go.</summary>
    public XdpSocket Socket { get; }

    /// <summary>Where the program runs.</summary>
    public XdpMode Mode => _program.Program.Mode;

    /// <summary>True when frames may be spread over several buffers.</summary>
    public bool TakesLongFrames { get; private init; }

    /// <summary>Number of receive queues that the interface uses; 0 when it does not say.</summary>
    public int QueueCount { get; private init; }

    /// <summary>Attaches to an interface that may be down.</summary>
    /// <param name="name">Name of the port, for messages.</param>
    /// <param name="device">Name of the interface.</param>
    /// <param name="options">The queue, and how it is used.</param>
    /// <param name="shared">The program, which ports of other queues use too.</param>
    /// <param name="pool">Where frames come and go; it has shared buffers.</param>
    /// <param name="leftBehind">
    /// What the kernel may have of earlier sockets; one that cannot be used after all leaves its own there.
    /// </param>
    /// <exception cref="PortOpenException">
    /// There is no such interface or queue, no permission, or the driver cannot do what is asked for.
    /// </exception>
    public static XdpDevice Open(
        string name,
        string device,
        XdpPortOptions options,
        SharedXdpProgram shared,
        PacketPool pool,
        List<UmemLoans> leftBehind)
    {
        DescriptorHandle control = Native.socket(Native.AfPacket, Native.SockRaw | Native.SockCloexec, 0);
        if (control.IsInvalid)
        {
            throw LinuxError.Exception(name, "open a packet socket", LinuxError.Last, "CAP_NET_RAW");
        }

        SharedXdpProgram.Use? program = null;
        try
        {
            int index = NetworkDevice.IndexOf(control, device);
            (int receive, int transmit) = NetworkDevice.QueuesOf(control, device);
            int mtu = NetworkDevice.MtuOf(control, device);
            Check(name, device, index, Math.Min(receive, transmit), mtu, options);
            if (options.UdpSegmentation)
            {
                PacketSocket.MakeSender(control, name, index);
            }

            program = shared.Attach(name, device, index, ModesOf(options));
            bool isLong = mtu > MaxShortMtu;
            XdpSocket socket = XdpSocket.Open(name, index, options, isLong, pool, leftBehind.Count > 0);
            var opened = new XdpDevice(control, index, program, socket)
            {
                QueueCount = receive,
                TakesLongFrames = isLong,
            };
            opened.Begin(name, options, leftBehind);
            return opened;
        }
        catch
        {
            program?.Dispose();
            control.Dispose();
            throw;
        }
    }

    /// <summary>Number of queues that an interface has in both directions; 0 when it does not say.</summary>
    public static int QueuesOf(string device)
    {
        using DescriptorHandle control = Native.socket(Native.AfPacket, Native.SockRaw | Native.SockCloexec, 0);
        (int receive, int transmit) = NetworkDevice.QueuesOf(control, device);
        return Math.Min(receive, transmit);
    }

    /// <summary>Why an interface with such an MTU cannot be used; null when it can.</summary>
    public static string? FaultOf(string name, string device, int mtu) =>
        mtu <= MaxMtu
            ? null
            : $"{name}: the MTU is {mtu}, and AF_XDP takes {MaxMtu} at most: 'ip link set {device} mtu {MaxMtu}'.";

    /// <summary>Has the program stay on the interface until what is returned is disposed.</summary>
    public SharedXdpProgram.Use KeepProgram() => _program.Keep();

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        Socket.Dispose();
        Control.Dispose();
    }

    private static void Check(
        string name, string device, int index, int queues, int mtu, XdpPortOptions options)
    {
        if (index == 0)
        {
            throw new PortOpenException($"{name}: there is no interface '{device}' here.");
        }

        if (FaultOf(name, device, mtu) is string fault)
        {
            throw new PortOpenException(fault);
        }

        if (queues > 0 && options.Queue >= queues)
        {
            throw new PortOpenException(
                $"{name}: there is no queue {options.Queue} in both directions; the interface has {queues} such, "
                + "counted from 0.");
        }

        if (options is { Mode: XdpMode.Skb, Copy: XdpCopyMode.ZeroCopy })
        {
            throw new PortOpenException($"{name}: 'zerocopy' needs 'mode=native'.");
        }
    }

    private static XdpMode[] ModesOf(XdpPortOptions options) => options switch
    {
        { Mode: XdpMode mode } => [mode],
        { Copy: XdpCopyMode.ZeroCopy } => [XdpMode.Native],
        _ => [XdpMode.Native, XdpMode.Skb],
    };

    private void Begin(string name, XdpPortOptions options, List<UmemLoans> leftBehind)
    {
        try
        {
            if (options.Promiscuous)
            {
                NetworkDevice.MakePromiscuous(Control, Index);
            }

            _program.Program.Redirect(name, options.Queue, Socket.Handle);
        }
        catch
        {
            leftBehind.Add(Socket.Loans);
            Socket.Dispose();
            throw;
        }
    }
}
