namespace VxlanEngine.Ports.Captures;

/// <summary>Which way a packet crossed its interface, as the two low bits of pcapng's epb_flags say.</summary>
public enum PacketDirection
{
    /// <summary>The file does not say.</summary>
    Unknown = 0,

    /// <summary>Received by the interface.</summary>
    Inbound = 1,

    /// <summary>Sent by the interface.</summary>
    Outbound = 2,
}
