// SAFETY: The functions have the signatures of pcap.h and the structures its layout on 64-bit machines. The library is
// loaded once and stays loaded. Pointers are the callers': each says what they point to and for how long.
using System.Reflection;
using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Pcap;

/// <summary>libpcap, found at run time, by its own names.</summary>
/// <remarks>See <see href="https://www.tcpdump.org/manpages/pcap.3pcap.html"/>.</remarks>
internal static unsafe partial class PcapLibrary
{
    public const int ErrorLength = 256;
    public const int DirectionIn = 1;
    public const int DataLinkEthernet = 1;
    public const int ErrorNoPermission = -8;
    public const int ErrorNoSuchDevice = -5;

    private const string Name = "pcap";

    private static readonly string[] FileNames =
        ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so.0", "libpcap.so", "libpcap.dylib", "wpcap.dll"];

    private static readonly Lazy<nint> Handle = new(Load);

    /// <summary>True when the library is there.</summary>
    public static bool IsPresent => Handle.Value != 0;

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint pcap_create(string source, byte* error);

    [LibraryImport(Name)]
    public static partial int pcap_set_snaplen(nint pcap, int length);

    [LibraryImport(Name)]
    public static partial int pcap_set_promisc(nint pcap, int promiscuous);

    [LibraryImport(Name)]
    public static partial int pcap_set_timeout(nint pcap, int milliseconds);

    [LibraryImport(Name)]
    public static partial int pcap_set_immediate_mode(nint pcap, int immediate);

    [LibraryImport(Name)]
    public static partial int pcap_set_buffer_size(nint pcap, int length);

    [LibraryImport(Name)]
    public static partial int pcap_activate(nint pcap);

    [LibraryImport(Name)]
    public static partial int pcap_setnonblock(nint pcap, int nonblock, byte* error);

    [LibraryImport(Name)]
    public static partial int pcap_setdirection(nint pcap, int direction);

    [LibraryImport(Name)]
    public static partial int pcap_datalink(nint pcap);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int pcap_compile(
        nint pcap, bpf_program* program, string filter, int optimize, uint netmask);

    [LibraryImport(Name)]
    public static partial int pcap_setfilter(nint pcap, bpf_program* program);

    [LibraryImport(Name)]
    public static partial void pcap_freecode(bpf_program* program);

    [LibraryImport(Name)]
    public static partial int pcap_next_ex(nint pcap, pcap_pkthdr** header, byte** bytes);

    [LibraryImport(Name)]
    public static partial int pcap_inject(nint pcap, byte* bytes, nuint length);

    [LibraryImport(Name)]
    public static partial int pcap_get_selectable_fd(nint pcap);

    [LibraryImport(Name)]
    public static partial int pcap_stats(nint pcap, pcap_stat* statistics);

    [LibraryImport(Name)]
    public static partial byte* pcap_geterr(nint pcap);

    [LibraryImport(Name)]
    public static partial void pcap_close(nint pcap);

    private static nint Load()
    {
        nint handle = 0;
        bool found = Array.Exists(FileNames, file => NativeLibrary.TryLoad(file, out handle));
        if (found)
        {
            NativeLibrary.SetDllImportResolver(
                Assembly.GetExecutingAssembly(), (name, _, _) => name == Name ? handle : 0);
        }

        return handle;
    }

    /// <summary>pcap/bpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_program
    {
        public uint bf_len;
        public void* bf_insns;
    }

    /// <summary>pcap/pcap.h, with the system's struct timeval.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct pcap_pkthdr
    {
        public long tv_sec;
        public long tv_usec;
        public uint caplen;
        public uint len;
    }

    /// <summary>pcap/pcap.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct pcap_stat
    {
        public uint ps_recv;
        public uint ps_drop;
        public uint ps_ifdrop;
    }
}
