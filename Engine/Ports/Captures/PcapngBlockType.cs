namespace VxlanEngine.Ports.Captures;

/// <summary>The pcapng blocks that are looked into; all others are skipped.</summary>
internal enum PcapngBlockType : uint
{
    InterfaceDescription = 1,

    /// <summary>The Packet Block, obsolete since 2009.</summary>
    Packet = 2,
    SimplePacket = 3,
    EnhancedPacket = 6,

    /// <summary>Reads the same in both byte orders, and shows a file whose line ends were changed.</summary>
    SectionHeader = 0x0A0D0D0A,
}
