namespace VxlanEngine.Policy;

/// <summary>What stands at the other side of a port.</summary>
public enum PortKind : byte
{
    /// <summary>One virtual network interface: a tenant.</summary>
    Endpoint,

    /// <summary>The underlay; its addresses are tunnel endpoints (VTEPs).</summary>
    Uplink,

    /// <summary>The machine's own network stack.</summary>
    Host,
}
