// SAFETY: The structures have the layout of linux/if_xdp.h and linux/bpf.h on 64-bit machines (their sizes are tested),
// and the functions the signatures of libc. Pointers are the callers': each says what they point to and for how long.
using System.Runtime.InteropServices;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>What AF_XDP and eBPF need of Linux, by its own names.</summary>
/// <remarks>
/// See <see href="https://docs.kernel.org/networking/af_xdp.html"/> and
/// <see href="https://man7.org/linux/man-pages/man2/bpf.2.html"/>.
/// </remarks>
internal static unsafe partial class NativeXdp
{
    public const int AfXdp = 44;
    public const int SolXdp = 283;
    public const int XdpMmapOffsets = 1;
    public const int XdpRxRing = 2;
    public const int XdpTxRing = 3;
    public const int XdpUmemReg = 4;
    public const int XdpUmemFillRing = 5;
    public const int XdpUmemCompletionRing = 6;
    public const int XdpStatistics = 7;
    public const int XdpOptions = 8;
    public const int XdpMaxTxSkbBudget = 9;

    public const ushort XdpCopy = 1 << 1;
    public const ushort XdpZerocopy = 1 << 2;
    public const ushort XdpUseNeedWakeup = 1 << 3;
    public const ushort XdpUseSg = 1 << 4;
    public const uint XdpUmemUnalignedChunkFlag = 1;
    public const uint XdpPktContd = 1;
    public const uint XdpRingNeedWakeup = 1;
    public const uint XdpOptionsZerocopy = 1;

    public const long XdpPgoffRxRing = 0;
    public const long XdpPgoffTxRing = 0x8000_0000;
    public const long XdpUmemPgoffFillRing = 0x1_0000_0000;
    public const long XdpUmemPgoffCompletionRing = 0x1_8000_0000;

    public const int SoBusyPoll = 46;
    public const int SoPreferBusyPoll = 69;
    public const int SoBusyPollBudget = 70;

    public const int MapPopulate = 0x8000;

    public const int BpfMapCreate = 0;
    public const int BpfMapUpdateElem = 2;
    public const int BpfProgLoad = 5;
    public const int BpfLinkCreate = 28;
    public const uint BpfMapTypeXskmap = 17;
    public const uint BpfProgTypeXdp = 6;
    public const uint BpfXdp = 37;
    public const uint BpfFXdpHasFrags = 1 << 5;
    public const uint XdpFlagsSkbMode = 1 << 1;
    public const uint XdpFlagsDrvMode = 1 << 2;

    private const string Libc = "libc";

    // libc has no function for bpf(2). 280 is its number on every machine that came after x64.
    private static nint BpfNumber => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 321 : 280;

    /// <summary>A command of bpf(2).</summary>
    /// <returns>What the command returns, −1 for an error.</returns>
    public static int bpf(int command, bpf_attr* attributes) =>
        (int)syscall(BpfNumber, command, attributes, (nuint)sizeof(bpf_attr));

    /// <summary>A command of bpf(2) that makes something.</summary>
    /// <returns>A descriptor of it, which no child process gets; invalid for an error.</returns>
    public static DescriptorHandle bpf_open(int command, bpf_attr* attributes)
    {
        int descriptor = bpf(command, attributes);
        var handle = new DescriptorHandle();
        Marshal.InitHandle(handle, descriptor);
        return handle;
    }

    [LibraryImport(Libc, SetLastError = true)]
    public static partial nint sendto(
        DescriptorHandle socket, void* buffer, nuint length, int flags, void* address, uint addressLength);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial nint recvfrom(
        DescriptorHandle socket, void* buffer, nuint length, int flags, void* address, uint* addressLength);

    [LibraryImport(Libc, SetLastError = true)]
    private static partial nint syscall(nint number, nint command, void* attributes, nuint size);

    /// <summary>linux/if_xdp.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sockaddr_xdp
    {
        public ushort sxdp_family;
        public ushort sxdp_flags;
        public uint sxdp_ifindex;
        public uint sxdp_queue_id;
        public uint sxdp_shared_umem_fd;
    }

    /// <summary>linux/if_xdp.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct xdp_umem_reg
    {
        public ulong addr;
        public ulong len;
        public uint chunk_size;
        public uint headroom;
        public uint flags;
    }

    /// <summary>linux/if_xdp.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct xdp_ring_offset
    {
        public ulong producer;
        public ulong consumer;
        public ulong desc;
        public ulong flags;
    }

    /// <summary>linux/if_xdp.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct xdp_mmap_offsets
    {
        public xdp_ring_offset rx;
        public xdp_ring_offset tx;
        public xdp_ring_offset fr;
        public xdp_ring_offset cr;
    }

    /// <summary>linux/if_xdp.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct xdp_statistics
    {
        public ulong rx_dropped;
        public ulong rx_invalid_descs;
        public ulong tx_invalid_descs;
        public ulong rx_ring_full;
        public ulong rx_fill_ring_empty_descs;
        public ulong tx_ring_empty_descs;
    }

    /// <summary>linux/if_xdp.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct xdp_desc
    {
        public ulong addr;
        public uint len;
        public uint options;
    }

    /// <summary>linux/bpf.h: a union of what the commands take, as far as they are used here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    public struct bpf_attr
    {
        // BPF_MAP_CREATE
        [FieldOffset(0)]
        public uint map_type;

        [FieldOffset(4)]
        public uint key_size;

        [FieldOffset(8)]
        public uint value_size;

        [FieldOffset(12)]
        public uint max_entries;

        // BPF_MAP_UPDATE_ELEM
        [FieldOffset(0)]
        public uint map_fd;

        [FieldOffset(8)]
        public ulong key;

        [FieldOffset(16)]
        public ulong value;

        // BPF_PROG_LOAD
        [FieldOffset(0)]
        public uint prog_type;

        [FieldOffset(4)]
        public uint insn_cnt;

        [FieldOffset(8)]
        public ulong insns;

        [FieldOffset(16)]
        public ulong license;

        [FieldOffset(24)]
        public uint log_level;

        [FieldOffset(28)]
        public uint log_size;

        [FieldOffset(32)]
        public ulong log_buf;

        [FieldOffset(44)]
        public uint prog_flags;

        [FieldOffset(48)]
        public fixed byte prog_name[16];

        // BPF_LINK_CREATE
        [FieldOffset(0)]
        public uint link_prog_fd;

        [FieldOffset(4)]
        public uint link_target_ifindex;

        [FieldOffset(8)]
        public uint link_attach_type;

        [FieldOffset(12)]
        public uint link_flags;
    }
}
