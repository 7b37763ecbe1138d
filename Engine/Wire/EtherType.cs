namespace VxlanEngine.Wire;

/// <summary>What follows an Ethernet header or VLAN tag (IEEE 802 numbers, IANA registry).</summary>
public enum EtherType : ushort
{
    /// <summary>None: an 802.3 frame carries a length there (values below 0x0600).</summary>
    None = 0,

    /// <summary>IPv4.</summary>
    Ipv4 = 0x0800,

    /// <summary>ARP (RFC 826).</summary>
    Arp = 0x0806,

    /// <summary>Transparent Ethernet bridging, as NVGRE and Geneve carry it.</summary>
    TransparentEthernet = 0x6558,

    /// <summary>IEEE 802.1Q customer VLAN tag.</summary>
    Vlan = 0x8100,

    /// <summary>IPv6.</summary>
    Ipv6 = 0x86DD,

    /// <summary>MPLS unicast.</summary>
    Mpls = 0x8847,

    /// <summary>IEEE 802.1ad service VLAN tag.</summary>
    ServiceVlan = 0x88A8,

    /// <summary>The service tag's number before 802.1ad, still seen in captures.</summary>
    LegacyServiceVlan = 0x9100,
}
