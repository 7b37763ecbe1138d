namespace VxlanEngine.Ports.Xdp;

/// <summary>Where in the kernel the XDP program runs.</summary>
public enum XdpMode
{
    /// <summary>In the driver, before the kernel makes anything of a frame (native XDP).</summary>
    Native,

    /// <summary>Behind the driver, on the kernel's own packet buffer (generic XDP): any driver, slower.</summary>
    Skb,
}
