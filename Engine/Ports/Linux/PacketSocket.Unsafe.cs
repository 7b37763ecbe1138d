// SAFETY: The socket owns its descriptor and one mapping of _blockCount × _blockSize bytes, both given back once, in
// Dispose, after which nothing is read: _ring is null then. The kernel writes only blocks whose status says that they
// are its own; a block is read only between the volatile read that finds it ours and the volatile write that gives it
// back. Every offset that the kernel wrote is compared with the block's end before it is followed.
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

/// <summary>
/// A packet socket on one interface, with a receive ring in memory shared with the kernel (TPACKET_V3).
/// </summary>
/// <remarks>
/// See <see href="https://man7.org/linux/man-pages/man7/packet.7.html"/> and Documentation/networking/packet_mmap.rst.
/// Thread: one.
/// </remarks>
internal sealed unsafe class PacketSocket : IDisposable
{
    // The kernel closes a block that is not full after this time: the longest that a frame waits on an idle wire.
    private const int BlockTimeoutMs = 1;
    private const int FrameSize = 2048;
    private const int SendBuffer = 4 * 1024 * 1024;
    private const int FanoutByHash = 0;
    private const int FanoutRollover = 0x1000;

    private readonly DescriptorHandle _socket;
    private readonly uint _blockSize;
    private readonly uint _blockCount;
    private readonly nuint _ringLength;
    private byte* _ring;
    private uint _block;
    private bool _isBlockOurs;
    private uint _framesLeft;
    private uint _nextFrame;

    private PacketSocket(DescriptorHandle socket, int index, RawPortOptions options, byte* ring)
    {
        _socket = socket;
        Index = index;
        _blockSize = (uint)options.BlockSize;
        _blockCount = (uint)options.BlockCount;
        _ringLength = (nuint)_blockSize * _blockCount;
        _ring = ring;
    }

    /// <summary>The descriptor, to wait for and to send on.</summary>
    public DescriptorHandle Handle => _socket;

    /// <summary>Index of the interface.</summary>
    public int Index { get; }

    /// <summary>Opens a socket on an interface that may be down.</summary>
    /// <exception cref="PortOpenException">There is no such interface, or no permission.</exception>
    public static PacketSocket Open(string name, string device, RawPortOptions options)
    {
        // Protocol 0 receives nothing until bind names the interface: no frame of another one gets in between.
        DescriptorHandle socket = Native.socket(
            Native.AfPacket, Native.SockRaw | Native.SockNonblock | Native.SockCloexec, 0);
        if (socket.IsInvalid)
        {
            throw LinuxError.Exception(name, "open a packet socket", LinuxError.Last, "CAP_NET_RAW");
        }

        PacketSocket? opened = null;
        try
        {
            int index = NetworkDevice.IndexOf(socket, device);
            if (index == 0)
            {
                throw new PortOpenException($"{name}: there is no interface '{device}' here.");
            }

            SetUp(socket, name, options);
            byte* ring = Map(socket, name, options);
            opened = new PacketSocket(socket, index, options, ring);
            opened.Bind(name, options);
            return opened;
        }
        catch
        {
            // The ring, too, once it is there: a port that cannot be opened is tried again and again.
            opened?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Has a packet socket send by an interface, each frame behind an <see cref="OffloadHeader"/>; it receives nothing.
    /// </summary>
    /// <exception cref="PortOpenException">The system refuses.</exception>
    public static void MakeSender(DescriptorHandle socket, string name, int index)
    {
        Set(socket, name, Native.PacketVnetHdr, 1);
        SetSendBuffer(socket);
        Bind(socket, name, index, protocol: 0);
    }

    /// <summary>Finds the next frame; the one before is given back.</summary>
    /// <returns>False when none waits.</returns>
    public bool TryNext(out RingFrame frame)
    {
        frame = default;
        while (_framesLeft == 0)
        {
            if (!TryNextBlock())
            {
                return false;
            }
        }

        byte* start = _ring + ((nuint)_block * _blockSize);
        var header = (Native.tpacket3_hdr*)(start + _nextFrame);
        int headerLength = sizeof(Native.tpacket3_hdr);
        bool isInside = (ulong)_nextFrame + (uint)headerLength <= _blockSize
            && RingBounds.IsInside(
                _blockSize, _nextFrame, headerLength, OffloadHeader.Length, header->tp_mac, header->tp_snaplen);
        if (!isInside)
        {
            _framesLeft = 0;
            return false;
        }

        byte* bytes = start + _nextFrame + header->tp_mac;
        frame.Bytes = new ReadOnlySpan<byte>(bytes, (int)header->tp_snaplen);
        frame.Length = (int)header->tp_len;
        frame.Offload = *(OffloadHeader*)(bytes - OffloadHeader.Length);
        frame.HasTag = (header->tp_status & Native.TpStatusVlanValid) != 0;
        frame.TagControl = (ushort)header->tp_vlan_tci;
        frame.TagType = (header->tp_status & Native.TpStatusVlanTpidValid) != 0
            ? header->tp_vlan_tpid
            : (ushort)Wire.EtherType.Vlan;
        frame.TimeNs = (header->tp_sec * 1_000_000_000L) + header->tp_nsec;
        _framesLeft--;
        _nextFrame += header->tp_next_offset;
        return true;
    }

    /// <summary>Frames that the kernel dropped since this was last asked.</summary>
    public uint TakeDrops()
    {
        Native.tpacket_stats_v3 statistics = default;
        uint length = (uint)sizeof(Native.tpacket_stats_v3);
        int result = Native.getsockopt(
            _socket, Native.SolPacket, Native.PacketStatistics, &statistics, &length);
        return result < 0 ? 0 : statistics.tp_drops;
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
        if (_ring is not null)
        {
            Native.munmap(_ring, _ringLength);
            _ring = null;
        }

        _socket.Dispose();
    }

    private static void SetUp(DescriptorHandle socket, string name, RawPortOptions options)
    {
        Set(socket, name, Native.PacketVersion, Native.TpacketV3);
        Set(socket, name, Native.PacketVnetHdr, 1);
        Set(socket, name, Native.PacketIgnoreOutgoing, 1);
        if (options.BypassQueueing)
        {
            Set(socket, name, Native.PacketQdiscBypass, 1);
        }

        SetSendBuffer(socket);
    }

    private static void SetSendBuffer(DescriptorHandle socket)
    {
        // More than the system's limit needs a capability; without it the limit has to do.
        int size = SendBuffer;
        if (Native.setsockopt(socket, Native.SolSocket, Native.SoSndbufforce, &size, sizeof(int)) < 0)
        {
            Native.setsockopt(socket, Native.SolSocket, Native.SoSndbuf, &size, sizeof(int));
        }
    }

    private static void Set(DescriptorHandle socket, string name, int option, int value)
    {
        if (Native.setsockopt(socket, Native.SolPacket, option, &value, sizeof(int)) < 0)
        {
            throw LinuxError.Exception(name, $"set packet option {option}", LinuxError.Last, "CAP_NET_RAW");
        }
    }

    private static byte* Map(DescriptorHandle socket, string name, RawPortOptions options)
    {
        var request = new Native.tpacket_req3
        {
            tp_block_size = (uint)options.BlockSize,
            tp_block_nr = (uint)options.BlockCount,
            tp_frame_size = FrameSize,
            tp_frame_nr = (uint)(options.BlockSize / FrameSize * options.BlockCount),
            tp_retire_blk_tov = BlockTimeoutMs,
        };
        int result = Native.setsockopt(
            socket, Native.SolPacket, Native.PacketRxRing, &request, (uint)sizeof(Native.tpacket_req3));
        if (result < 0)
        {
            throw LinuxError.Exception(name, "make a receive ring", LinuxError.Last, "CAP_NET_RAW");
        }

        nuint length = (nuint)options.BlockSize * (nuint)options.BlockCount;
        void* ring = Native.mmap(
            null, length, Native.ProtRead | Native.ProtWrite, Native.MapShared, socket, 0);
        return ring == (void*)-1
            ? throw LinuxError.Exception(name, "map the receive ring", LinuxError.Last, "CAP_IPC_LOCK")
            : (byte*)ring;
    }

    private static void Bind(DescriptorHandle socket, string name, int index, int protocol)
    {
        var address = new Native.sockaddr_ll
        {
            sll_family = Native.AfPacket,
            sll_protocol = (ushort)(protocol << (BitConverter.IsLittleEndian ? 8 : 0)),
            sll_ifindex = index,
        };
        if (Native.bind(socket, &address, (uint)sizeof(Native.sockaddr_ll)) < 0)
        {
            throw LinuxError.Exception(name, "bind to the interface", LinuxError.Last, "CAP_NET_RAW");
        }
    }

    private void Bind(string name, RawPortOptions options)
    {
        Bind(_socket, name, Index, Native.EtherTypeAll);
        if (options.Promiscuous)
        {
            NetworkDevice.MakePromiscuous(_socket, Index);
        }

        if (options.FanoutGroup is ushort group)
        {
            int mode = FanoutByHash | (options.FanoutRollover ? FanoutRollover : 0);
            int fanout = group | (mode << 16);
            if (Native.setsockopt(_socket, Native.SolPacket, Native.PacketFanout, &fanout, sizeof(int)) < 0)
            {
                int error = LinuxError.Last;
                Dispose();
                throw LinuxError.Exception(name, $"join fanout group {group}", error, "CAP_NET_RAW");
            }
        }
    }

    private bool TryNextBlock()
    {
        if (_ring is null)
        {
            return false;
        }

        var block = (Native.tpacket_block_desc*)(_ring + ((nuint)_block * _blockSize));
        if (_isBlockOurs)
        {
            // Gives the block back: everything read from it was read before.
            Volatile.Write(ref block->block_status, 0);
            _isBlockOurs = false;
            _block = (_block + 1) % _blockCount;
            block = (Native.tpacket_block_desc*)(_ring + ((nuint)_block * _blockSize));
        }

        // Pairs with the kernel's barrier in front of its own write of the status.
        if ((Volatile.Read(ref block->block_status) & Native.TpStatusUser) == 0)
        {
            return false;
        }

        _isBlockOurs = true;
        _framesLeft = block->num_pkts;
        _nextFrame = block->offset_to_first_pkt;
        return true;
    }
}
