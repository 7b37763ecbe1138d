namespace VxlanEngine.Ports.Captures;

/// <summary>The kind of a capture file.</summary>
public enum CaptureFormat
{
    /// <summary>pcapng: many sections and interfaces, options, nanoseconds or any other resolution.</summary>
    Pcapng,

    /// <summary>Classic pcap with time stamps in microseconds; one link type.</summary>
    Pcap,

    /// <summary>Classic pcap with time stamps in nanoseconds; one link type.</summary>
    PcapNanoseconds,
}
