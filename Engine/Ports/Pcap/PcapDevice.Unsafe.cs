// SAFETY: The device owns one pcap_t, closed once, by Dispose, after which it is 0 and nothing is called with it. A
// received frame is a span over memory of libpcap, as long as libpcap says, valid until the next call; error texts are
// copied from buffers of the length that libpcap documents.
using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Pcap;

/// <summary>An interface opened with libpcap.</summary>
/// <remarks>Thread: one.</remarks>
internal sealed unsafe class PcapDevice : IDisposable
{
    private const int SnapLength = 256 * 1024;
    private const int BufferLength = 16 * 1024 * 1024;

    private nint _pcap;

    private PcapDevice(nint pcap)
    {
        _pcap = pcap;
        Descriptor = PcapLibrary.pcap_get_selectable_fd(pcap);
    }

    /// <summary>The descriptor to wait for; −1 when there is none.</summary>
    public int Descriptor { get; }

    /// <summary>Opens an interface.</summary>
    /// <exception cref="PortOpenException">No library, no such interface, no permission, or a bad filter.</exception>
    public static PcapDevice Open(string name, string device, PcapPortOptions options)
    {
        if (!PcapLibrary.IsPresent)
        {
            throw new PortOpenException(
                $"{name}: libpcap is not installed (Debian: libpcap0.8, Fedora: libpcap, Windows: Npcap).");
        }

        byte* error = stackalloc byte[PcapLibrary.ErrorLength];
        nint pcap = PcapLibrary.pcap_create(device, error);
        if (pcap == 0)
        {
            throw new PortOpenException($"{name}: {Marshal.PtrToStringUTF8((nint)error)}.");
        }

        try
        {
            Activate(name, device, pcap, options);
            SetFilter(name, pcap, options.Filter);
            return PcapLibrary.pcap_setnonblock(pcap, 1, error) == 0
                ? new PcapDevice(pcap)
                : throw new PortOpenException($"{name}: {Marshal.PtrToStringUTF8((nint)error)}.");
        }
        catch
        {
            PcapLibrary.pcap_close(pcap);
            throw;
        }
    }

    /// <summary>Finds the next frame.</summary>
    /// <param name="bytes">The frame, valid until the next call.</param>
    /// <param name="length">Bytes that it had on the wire.</param>
    /// <param name="timeNs">When it was received, in nanoseconds since 1970-01-01 UTC.</param>
    /// <returns>1, or 0 when none waits, or a negative number when the interface fails.</returns>
    public int TryNext(out ReadOnlySpan<byte> bytes, out int length, out long timeNs)
    {
        bytes = default;
        length = 0;
        timeNs = 0;
        PcapLibrary.pcap_pkthdr* header;
        byte* data;
        int result = PcapLibrary.pcap_next_ex(_pcap, &header, &data);
        if (result == 1)
        {
            bytes = new ReadOnlySpan<byte>(data, (int)header->caplen);
            length = (int)header->len;
            timeNs = ((header->tv_sec * 1_000_000) + header->tv_usec) * 1000;
        }

        return result;
    }

    /// <summary>Sends a frame.</summary>
    /// <returns>False when the interface did not take it.</returns>
    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        fixed (byte* start = frame)
        {
            return PcapLibrary.pcap_inject(_pcap, start, (nuint)frame.Length) == frame.Length;
        }
    }

    /// <summary>Frames that the kernel dropped so far.</summary>
    public uint ReadDrops()
    {
        PcapLibrary.pcap_stat statistics = default;
        return PcapLibrary.pcap_stats(_pcap, &statistics) == 0 ? statistics.ps_drop : 0;
    }

    /// <summary>What went wrong last.</summary>
    public string ErrorText() => ErrorOf(_pcap);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_pcap != 0)
        {
            PcapLibrary.pcap_close(_pcap);
            _pcap = 0;
        }
    }

    private static string ErrorOf(nint pcap) =>
        Marshal.PtrToStringUTF8((nint)PcapLibrary.pcap_geterr(pcap)) ?? string.Empty;

    private static void Activate(string name, string device, nint pcap, PcapPortOptions options)
    {
        // These fail only on handles that are active already.
        _ = PcapLibrary.pcap_set_snaplen(pcap, SnapLength);
        _ = PcapLibrary.pcap_set_promisc(pcap, options.Promiscuous ? 1 : 0);
        _ = PcapLibrary.pcap_set_timeout(pcap, 1);
        _ = PcapLibrary.pcap_set_immediate_mode(pcap, 1);
        _ = PcapLibrary.pcap_set_buffer_size(pcap, BufferLength);

        int result = PcapLibrary.pcap_activate(pcap);
        if (result < 0)
        {
            throw new PortOpenException(result switch
            {
                PcapLibrary.ErrorNoSuchDevice => $"{name}: there is no interface '{device}' here.",
                PcapLibrary.ErrorNoPermission =>
                    $"{name}: no permission to open the interface: run as root, or give the program CAP_NET_RAW.",
                _ => $"{name}: cannot open the interface: {ErrorOf(pcap)}.",
            });
        }

        // Where the system cannot tell directions, own frames are received too.
        _ = PcapLibrary.pcap_setdirection(pcap, PcapLibrary.DirectionIn);
        if (PcapLibrary.pcap_datalink(pcap) != PcapLibrary.DataLinkEthernet)
        {
            throw new PortOpenException($"{name}: the interface is not Ethernet.");
        }
    }

    private static void SetFilter(string name, nint pcap, string? filter)
    {
        if (filter is null)
        {
            return;
        }

        PcapLibrary.bpf_program program;
        if (PcapLibrary.pcap_compile(pcap, &program, filter, 1, uint.MaxValue) != 0)
        {
            throw new PortOpenException($"{name}: filter '{filter}': {ErrorOf(pcap)}.");
        }

        int result = PcapLibrary.pcap_setfilter(pcap, &program);
        PcapLibrary.pcap_freecode(&program);
        if (result != 0)
        {
            throw new PortOpenException($"{name}: filter '{filter}': {ErrorOf(pcap)}.");
        }
    }
}
