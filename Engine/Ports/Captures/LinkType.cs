namespace VxlanEngine.Ports.Captures;

/// <summary>What a captured packet begins with: the LINKTYPE_ numbers of the tcpdump group's registry.</summary>
/// <remarks>Any number may occur; one without a name prints as the number.</remarks>
public enum LinkType : ushort
{
    /// <summary>BSD loopback: a 4-byte address family in the byte order of the capturing machine.</summary>
    Null = 0,

    /// <summary>Ethernet, without preamble and, usually, without frame check sequence.</summary>
    Ethernet = 1,

    /// <summary>IEEE 802.5 Token Ring.</summary>
    TokenRing = 6,

    /// <summary>Point-to-point protocol.</summary>
    Ppp = 9,

    /// <summary>FDDI.</summary>
    Fddi = 10,

    /// <summary>An IPv4 or IPv6 packet, told apart by its version field.</summary>
    Raw = 101,

    /// <summary>Cisco HDLC.</summary>
    CiscoHdlc = 104,

    /// <summary>IEEE 802.11.</summary>
    Ieee80211 = 105,

    /// <summary>Frame Relay.</summary>
    FrameRelay = 107,

    /// <summary>OpenBSD loopback: a 4-byte address family in network byte order.</summary>
    Loop = 108,

    /// <summary>Linux "cooked" capture, as from the device "any" (version 1).</summary>
    LinuxSll = 113,

    /// <summary>IEEE 802.11 after a Radiotap header.</summary>
    Ieee80211Radiotap = 127,

    /// <summary>An IPv4 packet.</summary>
    Ipv4 = 228,

    /// <summary>An IPv6 packet.</summary>
    Ipv6 = 229,

    /// <summary>Linux "nlmon" netlink messages.</summary>
    Netlink = 253,

    /// <summary>Linux "cooked" capture, version 2, which also carries the interface index.</summary>
    LinuxSll2 = 276,
}
