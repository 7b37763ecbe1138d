using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Xdp;

/// <summary>A network interface of this machine, by AF_XDP: <c>xdp:eth0</c>.</summary>
/// <remarks>
/// <para>An XDP program takes the frames of the queue out of the kernel and into memory that the port shares with it;
/// the machine's own stack does not see them. What the port sends goes straight to the driver, but UDP with
/// <see cref="XdpPortOptions.UdpSegmentation"/>. The program leaves the interface with the port, also when the process
/// is killed.</para>
/// <para>That memory is the switch's own: its pool is extended by buffers that every such port tells the kernel of, so
/// that the port copies no frame, but those that are longer than a buffer or come from a pool that it was not told of
/// (<see cref="Adopt"/>). The kernel says nothing of checksums here: those that a virtual wire left partial are found
/// by their value, and finished. VLAN tags that the device takes out of frames are lost; it must be told not to
/// (<c>ethtool -K eth0 rxvlan off</c>). Super-frames are cut before they are sent, and dropped and counted when they
/// come in.</para>
/// <para>Needs CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF, and CAP_IPC_LOCK or a limit that is high enough.</para>
/// </remarks>
public sealed class XdpPort : ILivePort, IFrameDevice, IMulticastPort
{
    private readonly string _device;
    private readonly XdpPortOptions _options;
    private readonly SharedXdpProgram _program;
    private readonly int _served;
    private readonly string _note;
    private readonly LinkState _link;
    private readonly GroupFilter _groups = new();

    // What the kernel had of sockets that were closed: a device may write there until its queue is somebody else's.
    private readonly List<UmemLoans> _leftBehind = [];
    // Sends UDP in super-frames: all of it, because what leaves another way may arrive before.
    private readonly FrameSender? _sender;
    private XdpDevice? _xdp;

    // The switch's, once it is known; until then, and where the kernel does not take that, the port's own.
    private PacketPool? _pool;
    private PacketPool? _own;
    private int _toldOf;
    private PortStatistics _statistics;
    private uint _nextPacketId;

    private XdpPort(string device, XdpPortOptions options, SharedXdpProgram program, int served, string note)
    {
        _device = device;
        _options = options;
        _program = program;
        _served = served;
        _note = note;
        _link = new LinkState($"xdp:{device}");
        _sender = options.UdpSegmentation
            ? new FrameSender(this, OffloadMessage.GatheringVectors, OffloadMessage.GatheringScratch, groupsFlows: true)
            : null;
    }

    /// <inheritdoc/>
    public string Name => _link.Port;

    /// <inheritdoc/>
    public string Interface => _device;

    /// <inheritdoc/>
    public PortState State => _link.State;

    /// <inheritdoc/>
    public string? Fault => _link.Fault;

    /// <inheritdoc/>
    public string? Notice { get; private set; }

    /// <inheritdoc/>
    public int Mtu { get; private set; }

    /// <summary>Where the XDP program runs; null while the port has failed.</summary>
    public XdpMode? Mode => _xdp?.Mode;

    /// <summary>True when the driver reads and writes the buffers itself.</summary>
    public bool IsZeroCopy => _xdp?.Socket.IsZeroCopy ?? false;

    /// <summary>True when frames come and go in the buffers of the pool that the port was told of.</summary>
    public bool IsPoolShared => _pool is not null && _xdp?.Socket.Loans.Pool == _pool;

    /// <inheritdoc/>
    public int WantedBuffers => 2 * _options.RingSize;

    /// <inheritdoc/>
    public int PollDescriptor => _xdp?.Socket.Handle.Number ?? -1;

    /// <inheritdoc/>
    public bool HasUnsent =>
        State == PortState.Up && (_xdp is { Socket.HasUnsent: true } || _sender is { HasUnsent: true });

    /// <inheritdoc/>
    public PortStatistics Statistics
    {
        get
        {
            PortStatistics statistics = _statistics;
            statistics.Sent += (_xdp?.Socket.Sent ?? 0) + (_sender?.Sent ?? 0);
            statistics.Unsent += (_xdp?.Socket.Refused ?? 0) + (_sender?.Unsent ?? 0);
            statistics.Failures = _link.Failures;
            return statistics;
        }
    }

    /// <summary>Opens the port.</summary>
    /// <param name="device">Name of the interface; it may be down.</param>
    /// <param name="options">How it is used.</param>
    /// <exception cref="PortOpenException">
    /// There is no such interface or queue, no permission, its MTU is too large, or the driver cannot do what the
    /// options ask for.
    /// </exception>
    public static XdpPort Open(string device, XdpPortOptions? options = null) =>
        OpenQueues(device, 1, options)[0];

    /// <summary>Opens a port for each of several queues of an interface, so that each thread has one.</summary>
    /// <remarks>
    /// The device spreads flows over queues (receive-side scaling), and sends what comes from a queue's port by that
    /// queue, but what a packet socket sends for it. Its frames stay there: none go to the machine's own stack but
    /// those of queues that have no port.
    /// </remarks>
    /// <param name="device">Name of the interface; it may be down.</param>
    /// <param name="count">Number of queues, at least 1, from <see cref="XdpPortOptions.Queue"/> on.</param>
    /// <param name="options">How they are used.</param>
    /// <returns>
    /// A port for each queue; a single one, whose <see cref="Notice"/> says so, where the interface has not as many.
    /// </returns>
    /// <exception cref="PortOpenException">
    /// There is no such interface or queue, no permission, its MTU is too large, or the driver cannot do what the
    /// options ask for.
    /// </exception>
    public static IReadOnlyList<XdpPort> OpenQueues(string device, int count, XdpPortOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        options ??= new XdpPortOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Queue, nameof(options));
        if (!int.IsPow2(options.RingSize))
        {
            throw new ArgumentException("The size of a ring is a power of two.", nameof(options));
        }

        LinuxPlatform.Require($"xdp:{device}");
        LinuxPlatform.RequireUdpSegmentation($"xdp:{device}", options.UdpSegmentation);
        string note = string.Empty;
        if (count > 1 && XdpDevice.QueuesOf(device) < options.Queue + count)
        {
            note = $" {count} queues in both directions from {options.Queue} on are not there: "
                + "one does for all workers.";
            count = 1;
        }

        var program = new SharedXdpProgram(options.Queue + count);
        var ports = new List<XdpPort>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                var port = new XdpPort(device, options with { Queue = options.Queue + i }, program, count, note);
                ports.Add(port);
                port.Begin();
            }

            return ports;
        }
        catch
        {
            ports.ForEach(port => port.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Adopt(PacketPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        bool isKnown = _pool == pool && _toldOf == pool.SharedCount;
        (_pool, _toldOf) = (pool, pool.SharedCount);
        return !isKnown && pool.SharedCount > 0 && _xdp is not null && Renew(_xdp);
    }

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        LeaveFreedPool();
        if (_xdp is null)
        {
            return 0;
        }

        int count = 0;
        long timeNs = 0;
        while (count < burst.Length && _xdp.Socket.TryReceive(out burst[count], out bool isLast))
        {
            ref FrameDescriptor frame = ref burst[count];
            bool isTaken = isLast
                ? XdpIntake.TryTake(_xdp.Socket.Loans.Pool, pool, ref frame)
                : XdpIntake.TryGather(_xdp.Socket, pool, Mtu + XdpDevice.LinkOverhead, ref frame);
            if (!isTaken)
            {
                _statistics.Unusable++;
                continue;
            }

            OffloadIntake.FinishUnannounced(pool.Frame(frame));
            timeNs = timeNs == 0 ? WallClock.NowNs() : timeNs;
            frame.TimeNs = timeNs;
            frame.PacketId = _nextPacketId++;
            count++;
        }

        _xdp.Socket.EndReceive();
        _statistics.Received += count;
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        LeaveFreedPool();
        if (_xdp is null || State != PortState.Up)
        {
            return 0;
        }

        _xdp.Socket.Reclaim();
        int longest = Math.Min(Mtu + XdpDevice.LinkOverhead, XdpSocket.MostPieces * XdpSocket.LongestPiece);
        int count = 0;
        foreach (ref readonly FrameDescriptor frame in burst)
        {
            if (frame.Length < EthernetHeader.Length || frame.Length > longest)
            {
                _statistics.Unsent++;
                pool.Return(frame);
            }
            else if (!TryWrite(_xdp.Socket, pool, frame))
            {
                break;
            }

            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public void Flush(PacketPool pool)
    {
        if (_xdp is not null && State == PortState.Up)
        {
            Send(_xdp.Socket);
            _sender?.Flush(pool);
            _xdp.Socket.Reclaim();
        }
        else
        {
            _sender?.Abandon(pool);
        }
    }

    /// <inheritdoc/>
    public bool Maintain()
    {
        if (_xdp is not null)
        {
            _statistics.DroppedByKernel += _xdp.Socket.TakeDrops();
            _xdp.Socket.TakeError();
            if (NetworkDevice.IndexOf(_xdp.Control, _device) != _xdp.Index)
            {
                Close();
                _link.Gone();
            }
            else if (!_xdp.TakesLongFrames && IsLong(NetworkDevice.MtuOf(_xdp.Control, _device)))
            {
                return Renew(_xdp);
            }
            else
            {
                ReadLink(_xdp);
                return false;
            }
        }

        return Reopen();
    }

    /// <inheritdoc/>
    public bool SaysMemberships => false;

    /// <inheritdoc/>
    public void SetGroups(IReadOnlyCollection<IpAddress> groups) =>
        _groups.Set(groups, _xdp?.Control, _xdp?.Index ?? 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _sender?.Dispose();
        _own?.Dispose();
        _own = null;
    }

    QueuePosition IFrameDevice.Fill(PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch) =>
        OffloadMessage.Fill(pool, queue, at, batch, new OffloadAbilities
        {
            HeaderLength = OffloadHeader.Length,
            TakesUdp = true,
            GathersUdp = true,
            LongestFrame = Mtu + EthernetHeader.Length,
        });

    int IFrameDevice.Send(MessageBatch batch, out int error)
    {
        error = LinuxError.NetworkDown;
        return _xdp is null ? 0 : batch.Send(_xdp.Control, 0, batch.Count, out error);
    }

    void IFrameDevice.OnLost(int error) => _link.Lose(PortState.Down, $"{Name}: {LinuxError.Text(error)}.");

    /// <summary>Takes memory of the port's own when a switch is gone, and its port is used on.</summary>
    private void LeaveFreedPool()
    {
        if (_pool is { IsDisposed: true })
        {
            bool isUsed = IsPoolShared;
            _pool = null;
            if (isUsed && _xdp is not null)
            {
                Renew(_xdp);
            }
        }
    }

    private static bool IsLong(int mtu) => mtu is > XdpDevice.MaxShortMtu and <= XdpDevice.MaxMtu;

    /// <summary>Opens another socket, without the program's leaving the interface.</summary>
    private bool Renew(XdpDevice xdp)
    {
        using SharedXdpProgram.Use kept = xdp.KeepProgram();
        Close();
        return Reopen();
    }

    private bool Reopen()
    {
        try
        {
            Begin();
            return true;
        }
        catch (PortOpenException e)
        {
            _link.Lose(PortState.Failed, e.Message);
            return false;
        }
    }

    /// <summary>Attaches to the interface, with the switch's memory if that is known and can be had.</summary>
    private void Begin()
    {
        string refusal = string.Empty;
        if (_pool is { SharedCount: > 0 })
        {
            try
            {
                Begin(_pool, refusal);
                _own?.Dispose();
                _own = null;
                return;
            }
            catch (PortOpenException e) when (e.IsMemoryRefused)
            {
                refusal = $" Each frame is copied: {e.Message}";
            }
        }

        _own ??= MakePool();
        Begin(_own, refusal);
    }

    private PacketPool MakePool()
    {
        var pool = new PacketPool(1, PacketPool.SmallCapacity);
        if (!pool.TryExtend(WantedBuffers, WantedBuffers))
        {
            pool.Dispose();
            throw new PortOpenException($"{Name}: the system has no memory for {WantedBuffers} buffers.");
        }

        return pool;
    }

    private void Begin(PacketPool pool, string refusal)
    {
        XdpDevice xdp = XdpDevice.Open(Name, _device, _options, _program, pool, _leftBehind);
        _xdp = xdp;
        _leftBehind.ForEach(loans => loans.TakeAll());
        _leftBehind.Clear();
        xdp.Socket.EndReceive();
        _groups.Renew(xdp.Control, xdp.Index);
        Notice = NoticeOf(xdp, refusal);
        ReadLink(xdp);
    }

    private string? NoticeOf(XdpDevice xdp, string refusal)
    {
        string mode = _options.Mode is null && xdp.Mode == XdpMode.Skb
            ? " The driver refuses the XDP program, which therefore runs behind it ('mode=skb')."
            : string.Empty;
        string queues = xdp.QueueCount > _served
            ? $" {Served()} of {xdp.QueueCount} {(_served > 1 ? "are" : "is")} served; the machine's own stack gets "
                + $"the frames of the others ('ethtool -L {_device} combined {_served}')."
            : string.Empty;
        string all = $"{mode}{_note}{queues}{refusal}";
        return all.Length == 0 ? null : $"{Name}:{all}";
    }

    // The first queue's port speaks for all of them.
    private string Served() =>
        _served > 1 ? $"Queues {_options.Queue} to {_options.Queue + _served - 1}" : $"Queue {_options.Queue}";

    private void Close()
    {
        if (_xdp is not { } xdp)
        {
            return;
        }

        // Whoever reads meanwhile must not see the socket's counts twice.
        (long received, long unsent) = xdp.Socket.GiveUp();
        PortStatistics statistics = _statistics;
        statistics.Sent += xdp.Socket.Sent;
        statistics.Unsent += xdp.Socket.Refused + unsent;
        statistics.DroppedByKernel += xdp.Socket.TakeDrops() + received;
        (_statistics, _xdp) = (statistics, null);
        _leftBehind.Add(xdp.Socket.Loans);
        xdp.Dispose();
    }

    private void ReadLink(XdpDevice xdp)
    {
        Mtu = NetworkDevice.MtuOf(xdp.Control, _device);
        (bool isUp, bool hasCarrier) = NetworkDevice.LinkOf(xdp.Control, _device);
        string? tooLarge = XdpDevice.FaultOf(Name, _device, Mtu);
        if (tooLarge is null)
        {
            _link.Follow(isUp, hasCarrier);
        }
        else
        {
            _link.Lose(PortState.Down, tooLarge);
        }
    }

    private bool TryWrite(XdpSocket socket, PacketPool pool, in FrameDescriptor frame)
    {
        if (_sender is not null && !socket.IsZeroCopy && DatagramHeaders.TryFind(pool.Frame(frame), out _))
        {
            return _sender.Take(pool, new ReadOnlySpan<FrameDescriptor>(in frame)) == 1;
        }

        if (socket.TryWrite(pool, frame))
        {
            return true;
        }

        Send(socket);
        socket.Reclaim();
        return socket.TryWrite(pool, frame);
    }

    private void Send(XdpSocket socket)
    {
        int error = socket.Send();
        if (LinuxError.IsDeviceLost(error))
        {
            _link.Lose(PortState.Down, $"{Name}: {LinuxError.Text(error)}.");
        }
    }
}
