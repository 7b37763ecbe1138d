// SAFETY: The structures have the layout of Linux's headers on 64-bit machines (their sizes are tested), and the
// functions the signatures of libc. Pointers are the callers': each says what they point to and for how long.
using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Linux;

/// <summary>Linux system calls and structures, by their own names.</summary>
/// <remarks>See <see href="https://man7.org/linux/man-pages/dir_section_2.html"/> and the kernel's headers.</remarks>
internal static unsafe partial class Native
{
    public const int AfInet = 2;
    public const int AfInet6 = 10;
    public const int AfNetlink = 16;
    public const int AfPacket = 17;
    public const int SockDgram = 2;
    public const int SockRaw = 3;
    public const int SockNonblock = 0x800;
    public const int SockCloexec = 0x80000;
    public const int EtherTypeAll = 3;
    public const int NetlinkRoute = 0;

    public const int SolSocket = 1;
    public const int SoReuseaddr = 2;
    public const int SoType = 3;
    public const int SoError = 4;
    public const int SoReuseport = 15;
    public const int SoSndbuf = 7;
    public const int SoRcvbuf = 8;
    public const int SoSndbufforce = 32;
    public const int SoRcvbufforce = 33;
    public const int SoRxqOvfl = 40;

    public const int SolPacket = 263;
    public const int PacketAddMembership = 1;
    public const int PacketDropMembership = 2;
    public const int PacketRxRing = 5;
    public const int PacketStatistics = 6;
    public const int PacketVersion = 10;
    public const int PacketVnetHdr = 15;
    public const int PacketFanout = 18;
    public const int PacketQdiscBypass = 20;
    public const int PacketIgnoreOutgoing = 23;
    public const int PacketMrMulticast = 0;
    public const int PacketMrPromisc = 1;
    public const int TpacketV3 = 2;

    public const uint TpStatusUser = 1;
    public const uint TpStatusVlanValid = 1 << 4;
    public const uint TpStatusVlanTpidValid = 1 << 6;

    public const int IpProtoIp = 0;
    public const int IpProtoUdp = 17;
    public const int IpProtoIpv6 = 41;
    public const int IpTos = 1;
    public const int IpTtl = 2;
    public const int IpPktinfo = 8;
    public const int IpMtuDiscover = 10;
    public const int IpRecvtos = 13;
    public const int IpPmtudiscDo = 2;
    public const int IpMulticastIf = 32;
    public const int IpMulticastLoop = 34;
    public const int IpAddMembership = 35;
    public const int IpMulticastAll = 49;
    public const int Ipv6MulticastIf = 17;
    public const int Ipv6MulticastLoop = 19;
    public const int Ipv6JoinGroup = 20;
    public const int Ipv6MtuDiscover = 23;
    public const int Ipv6MulticastAll = 29;
    public const int Ipv6V6Only = 26;
    public const int Ipv6RecvPktinfo = 49;
    public const int Ipv6Pktinfo = 50;
    public const int Ipv6RecvTclass = 66;
    public const int Ipv6HopLimit = 52;
    public const int Ipv6Tclass = 67;
    public const int UdpSegment = 103;
    public const int UdpGro = 104;

    public const int MsgDontwait = 0x40;
    public const int MsgTrunc = 0x20;

    public const int ProtRead = 1;
    public const int ProtWrite = 2;
    public const int MapShared = 1;

    public const int ORdwr = 2;
    public const int ONonblock = 0x800;
    public const int OCloexec = 0x80000;

    public const short PollIn = 1;
    public const uint EpollIn = 1;
    public const uint EpollEt = 1u << 31;
    public const int EpollCtlAdd = 1;
    public const int EpollCtlDel = 2;
    public const int EfdNonblock = 0x800;
    public const int EfdCloexec = 0x80000;

    public const nuint SiocGifFlags = 0x8913;
    public const nuint SiocSifFlags = 0x8914;
    public const nuint SiocGifMtu = 0x8921;
    public const nuint SiocSifMtu = 0x8922;
    public const nuint SiocSifHwaddr = 0x8924;
    public const nuint SiocGifHwaddr = 0x8927;
    public const nuint SiocGifIndex = 0x8933;
    public const nuint SiocEthtool = 0x8946;
    public const uint EthtoolGchannels = 0x3C;
    public const nuint TunSetIff = 0x400454CA;
    public const nuint TunSetOffload = 0x400454D0;
    public const nuint TunGetIff = 0x800454D2;
    public const nuint TunSetVnetHdrSz = 0x400454D8;

    public const short IffUp = 1;
    public const short IffRunning = 0x40;
    public const short IffTap = 2;
    public const short IffNapi = 0x10;
    public const short IffMultiQueue = 0x100;
    public const short IffNoPi = 0x1000;
    public const short IffVnetHdr = 0x4000;
    public const ushort ArphrdEther = 1;

    private const string Libc = "libc";

    [LibraryImport(Libc, SetLastError = true)]
    public static partial DescriptorHandle socket(int domain, int type, int protocol);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int bind(DescriptorHandle socket, void* address, uint length);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int setsockopt(DescriptorHandle socket, int level, int name, void* value, uint length);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int getsockopt(DescriptorHandle socket, int level, int name, void* value, uint* length);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int getsockopt(int socket, int level, int name, void* value, uint* length);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int sendmmsg(DescriptorHandle socket, mmsghdr* messages, uint count, int flags);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int recvmmsg(
        DescriptorHandle socket, mmsghdr* messages, uint count, int flags, void* timeout);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial nint recvfrom(
        DescriptorHandle socket, void* buffer, nuint length, int flags, void* address, uint* addressLength);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial void* mmap(
        void* address, nuint length, int protection, int flags, DescriptorHandle file, nint offset);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int munmap(void* address, nuint length);

    [LibraryImport(Libc, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial DescriptorHandle open(string path, int flags);

    [LibraryImport(Libc)]
    public static partial int close(int descriptor);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial nint read(DescriptorHandle file, void* buffer, nuint length);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial nint write(DescriptorHandle file, void* buffer, nuint length);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial nint writev(DescriptorHandle file, iovec* vectors, int count);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int ioctl(DescriptorHandle file, nuint request, void* argument);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial DescriptorHandle epoll_create1(int flags);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int epoll_ctl(DescriptorHandle epoll, int operation, int descriptor, epoll_event* change);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int epoll_wait(DescriptorHandle epoll, epoll_event* events, int count, int timeout);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial int poll(pollfd* descriptors, nuint count, int timeout);

    [LibraryImport(Libc, SetLastError = true)]
    public static partial DescriptorHandle eventfd(uint value, int flags);

    /// <summary>linux/netlink.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sockaddr_nl
    {
        public ushort nl_family;
        public ushort nl_pad;
        public uint nl_pid;
        public uint nl_groups;
    }

    /// <summary>linux/if_packet.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sockaddr_ll
    {
        public ushort sll_family;
        public ushort sll_protocol;
        public int sll_ifindex;
        public ushort sll_hatype;
        public byte sll_pkttype;
        public byte sll_halen;
        public ulong sll_addr;
    }

    /// <summary>linux/if_packet.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct packet_mreq
    {
        public int mr_ifindex;
        public ushort mr_type;
        public ushort mr_alen;
        public ulong mr_address;
    }

    /// <summary>linux/if_packet.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct tpacket_req3
    {
        public uint tp_block_size;
        public uint tp_block_nr;
        public uint tp_frame_size;
        public uint tp_frame_nr;
        public uint tp_retire_blk_tov;
        public uint tp_sizeof_priv;
        public uint tp_feature_req_word;
    }

    /// <summary>linux/if_packet.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct tpacket_block_desc
    {
        public uint version;
        public uint offset_to_priv;
        public uint block_status;
        public uint num_pkts;
        public uint offset_to_first_pkt;
        public uint blk_len;
        public ulong seq_num;
        public ulong ts_first_pkt;
        public ulong ts_last_pkt;
    }

    /// <summary>linux/if_packet.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct tpacket3_hdr
    {
        public uint tp_next_offset;
        public uint tp_sec;
        public uint tp_nsec;
        public uint tp_snaplen;
        public uint tp_len;
        public uint tp_status;
        public ushort tp_mac;
        public ushort tp_net;
        public uint tp_rxhash;
        public uint tp_vlan_tci;
        public ushort tp_vlan_tpid;
        public ushort tp_padding;
        public ulong tp_padding2;
    }

    /// <summary>linux/if_packet.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct tpacket_stats_v3
    {
        public uint tp_packets;
        public uint tp_drops;
        public uint tp_freeze_q_cnt;
    }

    /// <summary>bits/types/struct_iovec.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct iovec
    {
        public void* iov_base;
        public nuint iov_len;
    }

    /// <summary>bits/socket.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct msghdr
    {
        public void* msg_name;
        public uint msg_namelen;
        public iovec* msg_iov;
        public nuint msg_iovlen;
        public void* msg_control;
        public nuint msg_controllen;
        public int msg_flags;
    }

    /// <summary>bits/socket.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct mmsghdr
    {
        public msghdr msg_hdr;
        public uint msg_len;
    }

    /// <summary>bits/socket.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct cmsghdr
    {
        public nuint cmsg_len;
        public int cmsg_level;
        public int cmsg_type;
    }

    /// <summary>linux/if.h: a name of 16 bytes and a union of 24.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    public struct ifreq
    {
        [FieldOffset(0)]
        public fixed byte ifr_name[16];

        [FieldOffset(16)]
        public short ifr_flags;

        [FieldOffset(16)]
        public int ifr_mtu;

        [FieldOffset(16)]
        public int ifr_ifindex;

        [FieldOffset(16)]
        public ushort sa_family;

        [FieldOffset(18)]
        public fixed byte sa_data[14];

        [FieldOffset(16)]
        public void* ifr_data;
    }

    /// <summary>linux/ethtool.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ethtool_channels
    {
        public uint cmd;
        public uint max_rx;
        public uint max_tx;
        public uint max_other;
        public uint max_combined;
        public uint rx_count;
        public uint tx_count;
        public uint other_count;
        public uint combined_count;
    }

    /// <summary>poll.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    /// <summary>sys/epoll.h; packed on x86-64 alone.</summary>
    /// <remarks>
    /// The data is never read here; one event at a time is asked for, so that the packing does not matter.
    /// </remarks>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct epoll_event
    {
        [FieldOffset(0)]
        public uint events;

        [FieldOffset(4)]
        public ulong packed_data;

        [FieldOffset(8)]
        public ulong data;
    }
}
