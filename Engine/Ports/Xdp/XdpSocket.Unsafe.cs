// SAFETY: The socket owns its descriptor, four rings, and one anonymous mapping of _length bytes: the UMEM, divided
// into chunks of ChunkSize. The first _ringSize chunks are for receiving, the others for sending; each belongs at any
// time to the kernel (in the fill or transmit ring, or beyond) or to us. All are given back once, in Dispose, after
// which no method touches them: _memory is null then. The mapping is not taken from a heap, so that a device that still
// writes while the kernel takes the socket apart writes to nobody's pages. Every address and length that the kernel
// wrote is compared with the chunks it may speak of before it is followed.
using System.Runtime.Intrinsics.X86;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>An AF_XDP socket on one queue of an interface, with memory of its own that frames come and go in.</summary>
/// <remarks>See <see href="https://docs.kernel.org/networking/af_xdp.html"/>. Thread: one.</remarks>
internal sealed unsafe class XdpSocket : IDisposable
{
    /// <summary>Bytes of the longest frame: a chunk without what the kernel keeps for itself.</summary>
    public const int LongestFrame = ChunkSize - KernelHeadroom;

    // A page, which is the most that a chunk may have. Frames are not spread over several (XDP_USE_SG).
    private const int ChunkSize = 4096;
    private const int KernelHeadroom = 256;
    private const int PrefetchDistance = 6;
    private const int SendBuffer = 4 * 1024 * 1024;
    private const int BusyPollMicroseconds = 20;
    private const int BusyPollBudget = 64;

    // The kernel takes a closed socket's queue away a little after it was closed.
    private const int BindAttempts = 50;
    private const int BindPauseMs = 10;

    private readonly DescriptorHandle _socket;
    private readonly nuint _length;
    private readonly uint _ringSize;
    private readonly bool _isPolled;
    private readonly int[] _free;
    private readonly XdpRing<ulong> _fill;
    private readonly XdpRing<ulong> _completion;
    private readonly XdpRing<NativeXdp.xdp_desc> _receive;
    private readonly XdpRing<NativeXdp.xdp_desc> _transmit;
    private byte* _memory;
    private int _freeCount;
    private uint _counted;
    private long _taken;
    private long _refused;
    private ulong _droppedBefore;

    private XdpSocket(DescriptorHandle socket, byte* memory, nuint length, Rings rings, XdpPortOptions options)
    {
        _socket = socket;
        _memory = memory;
        _length = length;
        _ringSize = (uint)options.RingSize;
        _isPolled = options.BusyPoll;
        (_fill, _completion, _receive, _transmit) = (rings.Fill!, rings.Completion!, rings.Receive!, rings.Transmit!);
        _free = new int[options.RingSize];
        for (int i = 0; i < options.RingSize; i++)
        {
            _fill.TryWrite((ulong)i * ChunkSize);
            _free[_freeCount++] = options.RingSize + i;
        }

        _fill.Submit();
    }

    /// <summary>The descriptor, to wait for.</summary>
    public DescriptorHandle Handle => _socket;

    /// <summary>True when the driver reads and writes the socket's memory itself.</summary>
    public bool IsZeroCopy { get; private set; }

    /// <summary>True when frames wait for the kernel to take them.</summary>
    public bool HasUnsent => _memory is not null && !_transmit.IsDrained;

    /// <summary>Frames that the device took.</summary>
    public long Sent => _taken - _refused;

    /// <summary>Frames that the kernel took and the device refused.</summary>
    public long Refused => _refused;

    /// <summary>Opens a socket on a queue of an interface.</summary>
    /// <exception cref="PortOpenException">No permission, or the driver cannot do what is asked for.</exception>
    public static XdpSocket Open(string name, int index, XdpPortOptions options)
    {
        DescriptorHandle socket = Native.socket(
            NativeXdp.AfXdp, Native.SockRaw | Native.SockNonblock | Native.SockCloexec, 0);
        if (socket.IsInvalid)
        {
            throw LinuxError.Exception(name, "open an AF_XDP socket", LinuxError.Last, "CAP_NET_RAW");
        }

        var rings = new Rings();
        byte* memory = null;
        nuint length = 2 * (nuint)options.RingSize * ChunkSize;
        try
        {
            SetUp(socket, options);
            memory = Map(name, length);
            Register(socket, name, memory, length);
            rings.Make(socket, name, options.RingSize);
            var opened = new XdpSocket(socket, memory, length, rings, options);
            opened.Bind(name, index, options);
            return opened;
        }
        catch
        {
            rings.Dispose();
            socket.Dispose();
            if (memory is not null)
            {
                Native.munmap(memory, length);
            }

            throw;
        }
    }

    /// <summary>Finds the next frame.</summary>
    /// <param name="bytes">The frame, valid until <see cref="EndReceive"/>.</param>
    /// <returns>False when none waits.</returns>
    public bool TryReceive(out ReadOnlySpan<byte> bytes)
    {
        while (_memory is not null && _receive.TryRead(out NativeXdp.xdp_desc frame))
        {
            if (UmemBounds.IsReceived(frame.addr, frame.len, _ringSize, ChunkSize))
            {
                // The fill ring has room for all chunks that frames are received in.
                _fill.TryWrite(frame.addr / ChunkSize * ChunkSize);
                AskForOneAhead();
                bytes = new ReadOnlySpan<byte>(_memory + frame.addr, (int)frame.len);
                return true;
            }
        }

        bytes = default;
        return false;
    }

    /// <summary>Gives the memory of received frames back to the kernel.</summary>
    public void EndReceive()
    {
        if (_memory is null)
        {
            return;
        }

        _receive.Release();
        _fill.Submit();
        if (_isPolled || _fill.NeedsWakeup)
        {
            NativeXdp.recvfrom(_socket, null, 0, Native.MsgDontwait, null, null);
        }
    }

    /// <summary>Takes back the memory of frames that were sent.</summary>
    public void Reclaim()
    {
        if (_memory is null)
        {
            return;
        }

        while (_completion.TryRead(out ulong address))
        {
            if (UmemBounds.IsSent(address, _ringSize, ChunkSize) && _freeCount < _free.Length)
            {
                _free[_freeCount++] = (int)(address / ChunkSize);
            }
        }

        _completion.Release();
    }

    /// <summary>Copies a frame of <see cref="LongestFrame"/> bytes at most, to be sent by <see cref="Send"/>.</summary>
    /// <returns>False when there is no room.</returns>
    public bool TryWrite(ReadOnlySpan<byte> frame)
    {
        if (_memory is null || _freeCount == 0 || frame.Length > LongestFrame)
        {
            return false;
        }

        ulong address = (ulong)_free[_freeCount - 1] * ChunkSize;
        if (!_transmit.TryWrite(new NativeXdp.xdp_desc { addr = address, len = (uint)frame.Length }))
        {
            return false;
        }

        frame.CopyTo(new Span<byte>(_memory + address, ChunkSize));
        _freeCount--;
        return true;
    }

    /// <summary>Has the kernel take what was written, as far as it does now.</summary>
    /// <returns>Why it took nothing, or 0.</returns>
    public int Send()
    {
        if (_memory is null)
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

        uint consumed = _transmit.Consumed;
        _taken += consumed - _counted;
        _counted = consumed;
        return error;
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
        if (_memory is null)
        {
            return;
        }

        _fill.Dispose();
        _completion.Dispose();
        _receive.Dispose();
        _transmit.Dispose();
        _socket.Dispose();
        Native.munmap(_memory, _length);
        _memory = null;
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

    private static byte* Map(string name, nuint length)
    {
        using var none = new DescriptorHandle();
        void* memory = Native.mmap(
            null,
            length,
            Native.ProtRead | Native.ProtWrite,
            NativeXdp.MapPrivate | NativeXdp.MapAnonymous,
            none,
            0);
        return memory == (void*)-1
            ? throw LinuxError.Exception(name, "get memory for frames", LinuxError.Last, "CAP_IPC_LOCK")
            : (byte*)memory;
    }

    private static void Register(DescriptorHandle socket, string name, byte* memory, nuint length)
    {
        var umem = new NativeXdp.xdp_umem_reg { addr = (ulong)memory, len = length, chunk_size = ChunkSize };
        int result = Native.setsockopt(
            socket, NativeXdp.SolXdp, NativeXdp.XdpUmemReg, &umem, (uint)sizeof(NativeXdp.xdp_umem_reg));
        if (result >= 0)
        {
            return;
        }

        int error = LinuxError.Last;
        throw error == LinuxError.NoBuffers
            ? new PortOpenException(
                $"{name}: {length >> 20} MiB may not be locked in memory: run as root, give the program CAP_IPC_LOCK "
                + "(setcap(8)), or raise the limit (ulimit -l).")
            : LinuxError.Exception(name, "register memory for frames", error, "CAP_IPC_LOCK");
    }

    /// <summary>Has the processor fetch a frame that is taken soon, which another one has written.</summary>
    private void AskForOneAhead()
    {
        if (Sse.IsSupported
            && _receive.TryPeek(PrefetchDistance, out NativeXdp.xdp_desc frame)
            && UmemBounds.IsReceived(frame.addr, frame.len, _ringSize, ChunkSize))
        {
            Sse.Prefetch0(_memory + frame.addr);
        }
    }

    private void Bind(string name, int index, XdpPortOptions options)
    {
        var address = new NativeXdp.sockaddr_xdp
        {
            sxdp_family = NativeXdp.AfXdp,
            sxdp_flags = options.Copy switch
            {
                XdpCopyMode.Copy => NativeXdp.XdpUseNeedWakeup | NativeXdp.XdpCopy,
                XdpCopyMode.ZeroCopy => NativeXdp.XdpUseNeedWakeup | NativeXdp.XdpZerocopy,
                _ => NativeXdp.XdpUseNeedWakeup,
            },
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
