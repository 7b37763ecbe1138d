// SAFETY: The socket owns its descriptor and four rings, given back once, in Dispose, after which no method touches
// them: _isOpen is false then. The memory is the pool's: its shared buffers, which belong at any time to the pool, to
// who took one from it, or, when they are lent, to the kernel. What was lent stays so after Dispose, for a device may
// still write there: whoever knows that it does not any more takes the loans back. Every address and length that the
// kernel wrote is compared with what was lent before it is followed, by UmemLoans; AskForOneAhead only asks.
using System.Runtime.Intrinsics.X86;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>An AF_XDP socket on one queue of an interface, to which a pool's shared buffers are known.</summary>
/// <remarks>See <see href="https://docs.kernel.org/networking/af_xdp.html"/>. Thread: one.</remarks>
internal sealed unsafe class XdpSocket : IDisposable
{
    /// <summary>Bytes of the longest frame that is received into one buffer: the kernel keeps some of it.</summary>
    public const int LongestPiece = UmemLoans.ChunkSize - KernelHeadroom;

    /// <summary>Most buffers that a frame is spread over: those that the kernel allows.</summary>
    public const int MostPieces = 17;

    private const int KernelHeadroom = 256;
    private const int PrefetchDistance = 6;
    private const int SendBuffer = 4 * 1024 * 1024;
    private const int BusyPollMicroseconds = 20;
    private const int BusyPollBudget = 64;

    // The kernel takes a closed socket's queue away, and lets go of its memory, a little after it was closed.
    private const int BindAttempts = 50;
    private const int BindPauseMs = 10;

    private readonly DescriptorHandle _socket;
    private readonly UmemLoans _loans;
    private readonly byte* _memory;
    private readonly int _ringSize;
    private readonly bool _isPolled;
    private readonly XdpRing<ulong> _fill;
    private readonly XdpRing<ulong> _completion;
    private readonly XdpRing<NativeXdp.xdp_desc> _receive;
    private readonly XdpRing<NativeXdp.xdp_desc> _transmit;

    // Which entries of the transmit ring are not a frame's last, and how many of those the kernel has not read yet.
    private readonly bool[] _continues;
    private int _continued;
    private bool _isOpen = true;
    private uint _written;
    private uint _counted;
    private long _taken;
    private long _refused;
    private ulong _droppedBefore;

    private XdpSocket(DescriptorHandle socket, UmemLoans loans, Rings rings, XdpPortOptions options)
    {
        _socket = socket;
        _loans = loans;
        _memory = loans.Pool.SharedMemory;
        _ringSize = options.RingSize;
        _isPolled = options.BusyPoll;
        _continues = new bool[options.RingSize];
        (_fill, _completion, _receive, _transmit) = (rings.Fill!, rings.Completion!, rings.Receive!, rings.Transmit!);
        Refill();
    }

    /// <summary>The descriptor, to wait for.</summary>
    public DescriptorHandle Handle => _socket;

    /// <summary>The buffers that the kernel has.</summary>
    public UmemLoans Loans => _loans;

    /// <summary>True when the driver reads and writes the buffers itself.</summary>
    public bool IsZeroCopy { get; private set; }

    /// <summary>True when frames wait for the kernel to take them.</summary>
    public bool HasUnsent => _isOpen && !_transmit.IsDrained;

    /// <summary>Frames that the device took.</summary>
    public long Sent => _taken - _refused;

    /// <summary>Frames that the kernel took and the device refused.</summary>
    public long Refused => _refused;

    /// <summary>Number of buffers that a frame is sent from.</summary>
    /// <param name="length">Its bytes.</param>
    public static int PiecesOf(int length) => (length + UmemLoans.ChunkSize - 1) / UmemLoans.ChunkSize;

    /// <summary>Opens a socket on a queue of an interface.</summary>
    /// <param name="name">Name of the port, for messages.</param>
    /// <param name="index">Index of the interface.</param>
    /// <param name="options">The queue, and how it is used.</param>
    /// <param name="isLong">True when frames may be longer than <see cref="LongestPiece"/>.</param>
    /// <param name="pool">Where frames come and go; it has shared buffers.</param>
    /// <param name="isRenewed">True when another one was closed just now.</param>
    /// <exception cref="PortOpenException">No permission, or the driver cannot do what is asked for.</exception>
    public static XdpSocket Open(
        string name, int index, XdpPortOptions options, bool isLong, PacketPool pool, bool isRenewed)
    {
        DescriptorHandle socket = Native.socket(
            NativeXdp.AfXdp, Native.SockRaw | Native.SockNonblock | Native.SockCloexec, 0);
        if (socket.IsInvalid)
        {
            throw LinuxError.Exception(name, "open an AF_XDP socket", LinuxError.Last, "CAP_NET_RAW");
        }

        var rings = new Rings();
        var loans = new UmemLoans(pool);
        try
        {
            SetUp(socket, options);
            Register(socket, name, pool, isRenewed ? BindAttempts : 1);
            rings.Make(socket, name, options.RingSize);
            var opened = new XdpSocket(socket, loans, rings, options);
            opened.Bind(name, index, options, isLong);
            return opened;
        }
        catch
        {
            rings.Dispose();
            socket.Dispose();

            // Without a queue the kernel has used none of them.
            loans.TakeAll();
            throw;
        }
    }

    /// <summary>Takes the next frame, or the next piece of one that is spread over several buffers.</summary>
    /// <param name="piece">The bytes, in a buffer of the pool that is the caller's from then on.</param>
    /// <param name="isLast">False when the frame goes on in the next piece.</param>
    /// <returns>False when none waits.</returns>
    public bool TryReceive(out FrameDescriptor piece, out bool isLast)
    {
        while (_isOpen && _receive.TryRead(out NativeXdp.xdp_desc entry))
        {
            if (_loans.TryTakeReceived(entry.addr, entry.len, out piece))
            {
                AskForOneAhead();
                isLast = (entry.options & NativeXdp.XdpPktContd) == 0;
                return true;
            }
        }

        (piece, isLast) = (default, true);
        return false;
    }

    /// <summary>Gives the kernel buffers for those that it has filled.</summary>
    public void EndReceive()
    {
        if (!_isOpen)
        {
            return;
        }

        _receive.Release();
        Refill();
        if (_isPolled || _fill.NeedsWakeup)
        {
            NativeXdp.recvfrom(_socket, null, 0, Native.MsgDontwait, null, null);
        }
    }

    /// <summary>Gives the pool the buffers of frames that were sent.</summary>
    public void Reclaim()
    {
        if (!_isOpen)
        {
            return;
        }

        while (_completion.TryRead(out ulong address))
        {
            _loans.TakeSent(address);
        }

        _completion.Release();
    }

    /// <summary>Takes a frame of <see cref="MostPieces"/> buffers at most, to be sent by <see cref="Send"/>.</summary>
    /// <param name="pool">The frame's pool; a frame that does not lie in the kernel's memory is copied there.</param>
    /// <param name="frame">The frame; its buffer goes back to the pool, at once or when it is sent.</param>
    /// <returns>False when there is no room.</returns>
    public bool TryWrite(PacketPool pool, in FrameDescriptor frame)
    {
        if (!_isOpen)
        {
            return false;
        }

        if (pool == _loans.Pool && _loans.IsShared(frame) && frame.Length <= UmemLoans.ChunkSize)
        {
            if (_loans.Sending == _ringSize || !Write(_loans.AddressOf(frame), frame.Length, continues: false))
            {
                return false;
            }

            _loans.Lend(frame);
            return true;
        }

        if (!TryWriteCopy(pool.Frame(frame)))
        {
            return false;
        }

        pool.Return(frame);
        return true;
    }

    /// <summary>Has the kernel take what was written, as far as it does now.</summary>
    /// <returns>Why it took nothing, or 0.</returns>
    public int Send()
    {
        if (!_isOpen)
        {
            return LinuxError.NetworkDown;
        }

        int error = 0;
        _transmit.Submit();
        bool goesOn = true;
        while (goesOn && !_transmit.IsDrained && _transmit.NeedsWakeup)
        {
            uint before = _transmit.Consumed;
            bool isTaken = NativeXdp.sendto(_socket, null, 0, Native.MsgDontwait, null, 0) >= 0;
            error = isTaken ? 0 : LinuxError.Last;
            goesOn = _transmit.Consumed != before;

            // The kernel took frames up to one that the device did not want.
            _refused += error == LinuxError.Busy && goesOn ? 1 : 0;
        }

        Count(_transmit.Consumed);
        return error;
    }

    /// <summary>Counts what will not come any more, before the socket is disposed.</summary>
    /// <returns>Frames that were received and not taken, and frames that the kernel has not taken to send.</returns>
    public (long Received, long Unsent) GiveUp()
    {
        Count(_transmit.Consumed);
        return (_receive.Count, _written - _counted - (uint)_continued);
    }

    /// <summary>Frames that the kernel dropped since this was last asked.</summary>
    public long TakeDrops()
    {
        NativeXdp.xdp_statistics statistics = default;
        uint length = (uint)sizeof(NativeXdp.xdp_statistics);
        int result = Native.getsockopt(
            _socket, NativeXdp.SolXdp, NativeXdp.XdpStatistics, &statistics, &length);
        if (result < 0)
        {
            return 0;
        }

        // rx_fill_ring_empty_descs counts attempts: those that cost a frame are among rx_dropped.
        ulong dropped = statistics.rx_dropped + statistics.rx_ring_full;
        long more = (long)(dropped - _droppedBefore);
        _droppedBefore = dropped;
        return more;
    }

    /// <summary>The error that waits on the socket, which is none afterwards; 0 for none.</summary>
    public int TakeError()
    {
        int error = 0;
        uint length = sizeof(int);
        return Native.getsockopt(_socket, Native.SolSocket, Native.SoError, &error, &length) < 0 ? 0 : error;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        _fill.Dispose();
        _completion.Dispose();
        _receive.Dispose();
        _transmit.Dispose();
        _socket.Dispose();
    }

    private static void SetUp(DescriptorHandle socket, XdpPortOptions options)
    {
        // More than the system's limit needs a capability; without it the limit has to do.
        if (!TrySet(socket, Native.SolSocket, Native.SoSndbufforce, SendBuffer))
        {
            TrySet(socket, Native.SolSocket, Native.SoSndbuf, SendBuffer);
        }

        if (options.BusyPoll)
        {
            TrySet(socket, Native.SolSocket, NativeXdp.SoPreferBusyPoll, 1);
            TrySet(socket, Native.SolSocket, NativeXdp.SoBusyPoll, BusyPollMicroseconds);
            TrySet(socket, Native.SolSocket, NativeXdp.SoBusyPollBudget, BusyPollBudget);
        }
    }

    private static bool TrySet(DescriptorHandle socket, int level, int option, int value) =>
        Native.setsockopt(socket, level, option, &value, sizeof(int)) >= 0;

    private static void Register(DescriptorHandle socket, string name, PacketPool pool, int attempts)
    {
        ulong length = (ulong)pool.SharedCount * PacketPool.SharedStride;
        var umem = new NativeXdp.xdp_umem_reg
        {
            addr = (ulong)pool.SharedMemory,
            len = length,
            chunk_size = UmemLoans.ChunkSize,
            flags = NativeXdp.XdpUmemUnalignedChunkFlag,
        };
        int error = 0;
        for (int i = 0; i < attempts; i++)
        {
            int result = Native.setsockopt(
                socket, NativeXdp.SolXdp, NativeXdp.XdpUmemReg, &umem, (uint)sizeof(NativeXdp.xdp_umem_reg));
            if (result >= 0)
            {
                return;
            }

            error = LinuxError.Last;
            if (error != LinuxError.NoBuffers || i + 1 == attempts)
            {
                break;
            }

            Thread.Sleep(BindPauseMs);
        }

        string message = error == LinuxError.NoBuffers
            ? $"{name}: {length >> 20} MiB may not be locked in memory: run as root, give the program CAP_IPC_LOCK "
                + "(setcap(8)), or raise the limit (ulimit -l)."
            : LinuxError.Exception(name, "register memory for frames", error, "CAP_IPC_LOCK").Message;
        throw new PortOpenException(message) { IsMemoryRefused = true };
    }

    private void Refill()
    {
        // The kernel may show frames before it shows that it has read the buffers' places here.
        while (_loans.Receiving < _ringSize && _fill.HasRoom(1) && _loans.TryLend(out ulong address))
        {
            _fill.TryWrite(address);
        }

        _fill.Submit();
    }

    /// <summary>Has the processor fetch a frame that is taken soon, which another one has written.</summary>
    private void AskForOneAhead()
    {
        if (Sse.IsSupported && _receive.TryPeek(PrefetchDistance, out NativeXdp.xdp_desc entry))
        {
            Sse.Prefetch0(_memory + UmemLoans.PlaceOf(entry.addr));
        }
    }

    private bool Write(ulong address, int length, bool continues)
    {
        var entry = new NativeXdp.xdp_desc
        {
            addr = address,
            len = (uint)length,
            options = continues ? NativeXdp.XdpPktContd : 0,
        };
        if (!_transmit.TryWrite(entry))
        {
            return false;
        }

        if (continues)
        {
            _continues[_written & (uint)(_ringSize - 1)] = true;
            _continued++;
        }

        _written++;
        return true;
    }

    /// <summary>Copies a frame into buffers that the kernel knows, as many as it takes.</summary>
    private bool TryWriteCopy(ReadOnlySpan<byte> bytes)
    {
        int pieces = PiecesOf(bytes.Length);
        PacketPool pool = _loans.Pool;
        bool hasBuffers = _loans.IsCurrent && pool.SharedFreeCount >= pieces && _loans.Sending + pieces <= _ringSize;
        if (!hasBuffers || !_transmit.HasRoom((uint)pieces))
        {
            return false;
        }

        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, UmemLoans.ChunkSize);
            pool.TryRentShared(out int buffer);
            var piece = new FrameDescriptor { Buffer = buffer, Offset = PacketPool.Headroom, Length = length };
            bytes[..length].CopyTo(pool.Frame(piece));
            bytes = bytes[length..];
            Write(_loans.AddressOf(piece), length, continues: !bytes.IsEmpty);
            _loans.Lend(piece);
        }

        return true;
    }

    /// <summary>Counts the frames whose last piece the kernel has read.</summary>
    private void Count(uint consumed)
    {
        uint entries = consumed - _counted;
        for (; _continued > 0 && _counted != consumed; _counted++)
        {
            ref bool continues = ref _continues[_counted & (uint)(_ringSize - 1)];
            if (continues)
            {
                continues = false;
                _continued--;
                entries--;
            }
        }

        _taken += entries;
        _counted = consumed;
    }

    private void Bind(string name, int index, XdpPortOptions options, bool isLong)
    {
        int copy = options.Copy switch
        {
            XdpCopyMode.Copy => NativeXdp.XdpCopy,
            XdpCopyMode.ZeroCopy => NativeXdp.XdpZerocopy,
            _ => 0,
        };
        var address = new NativeXdp.sockaddr_xdp
        {
            sxdp_family = NativeXdp.AfXdp,
            sxdp_flags = (ushort)(NativeXdp.XdpUseNeedWakeup | copy | (isLong ? NativeXdp.XdpUseSg : 0)),
            sxdp_ifindex = (uint)index,
            sxdp_queue_id = (uint)options.Queue,
        };
        int error = 0;
        for (int i = 0; i < BindAttempts; i++)
        {
            if (Native.bind(_socket, &address, (uint)sizeof(NativeXdp.sockaddr_xdp)) >= 0)
            {
                AskWhetherZeroCopy();
                return;
            }

            error = LinuxError.Last;
            if (error != LinuxError.Busy)
            {
                break;
            }

            Thread.Sleep(BindPauseMs);
        }

        throw error switch
        {
            LinuxError.Busy => new PortOpenException(
                $"{name}: another AF_XDP socket has queue {options.Queue} of the interface."),
            LinuxError.NotSupported or LinuxError.Invalid when options.Copy == XdpCopyMode.ZeroCopy =>
                new PortOpenException($"{name}: the driver has no zero-copy; leave 'zerocopy' out."),
            LinuxError.Invalid when isLong => new PortOpenException(
                $"{name}: frames of more than {LongestPiece} bytes need Linux 6.6: lower the MTU."),
            _ => LinuxError.Exception(name, $"bind to queue {options.Queue}", error, "CAP_NET_RAW"),
        };
    }

    private void AskWhetherZeroCopy()
    {
        uint flags = 0;
        uint length = sizeof(uint);
        int result = Native.getsockopt(_socket, NativeXdp.SolXdp, NativeXdp.XdpOptions, &flags, &length);
        IsZeroCopy = result >= 0 && (flags & NativeXdp.XdpOptionsZerocopy) != 0;
    }

    /// <summary>The rings while they are made.</summary>
    private sealed class Rings : IDisposable
    {
        public XdpRing<ulong>? Fill { get; private set; }

        public XdpRing<ulong>? Completion { get; private set; }

        public XdpRing<NativeXdp.xdp_desc>? Receive { get; private set; }

        public XdpRing<NativeXdp.xdp_desc>? Transmit { get; private set; }

        public void Make(DescriptorHandle socket, string name, int size)
        {
            NativeXdp.xdp_mmap_offsets offsets = default;
            uint length = (uint)sizeof(NativeXdp.xdp_mmap_offsets);
            bool isMade =
                Native.getsockopt(socket, NativeXdp.SolXdp, NativeXdp.XdpMmapOffsets, &offsets, &length) >= 0
                && (Fill = XdpRing<ulong>.Make(
                    socket, NativeXdp.XdpUmemFillRing, NativeXdp.XdpUmemPgoffFillRing, offsets.fr, size)) is not null
                && (Completion = XdpRing<ulong>.Make(
                    socket,
                    NativeXdp.XdpUmemCompletionRing,
                    NativeXdp.XdpUmemPgoffCompletionRing,
                    offsets.cr,
                    size)) is not null
                && (Receive = XdpRing<NativeXdp.xdp_desc>.Make(
                    socket, NativeXdp.XdpRxRing, NativeXdp.XdpPgoffRxRing, offsets.rx, size)) is not null
                && (Transmit = XdpRing<NativeXdp.xdp_desc>.Make(
                    socket, NativeXdp.XdpTxRing, NativeXdp.XdpPgoffTxRing, offsets.tx, size)) is not null;
            if (!isMade)
            {
                throw LinuxError.Exception(name, "make rings", LinuxError.Last, "CAP_NET_RAW");
            }

            // One call may then take a whole ring; kernels before 6.17 take 32 frames at a time.
            int budget = size;
            Native.setsockopt(socket, NativeXdp.SolXdp, NativeXdp.XdpMaxTxSkbBudget, &budget, sizeof(int));
        }

        public void Dispose()
        {
            Fill?.Dispose();
            Completion?.Dispose();
            Receive?.Dispose();
            Transmit?.Dispose();
        }
    }
}
