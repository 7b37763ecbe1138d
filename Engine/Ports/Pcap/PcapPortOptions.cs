namespace VxlanEngine.Ports.Pcap;

/// <summary>How a <see cref="PcapPort"/> uses its interface.</summary>
public sealed record PcapPortOptions
{
    /// <summary>Which frames to receive, in libpcap's language (pcap-filter(7)); null for all.</summary>
    public string? Filter { get; init; }

    /// <summary>Whether the interface takes frames for any MAC address. Off by default.</summary>
    public bool Promiscuous { get; init; }

    /// <summary>
    /// MTU of the interface, in bytes: a TCP packet that does not fit it is a super-frame of this machine. Default
    /// 1500.
    /// </summary>
    public int Mtu { get; init; } = 1500;
}
