namespace VxlanEngine.Ports.Xdp;

/// <summary>Whether frames are copied between the driver's memory and the port's.</summary>
public enum XdpCopyMode
{
    /// <summary>Not where the driver can do without.</summary>
    Automatic,

    /// <summary>Always.</summary>
    Copy,

    /// <summary>Never: a driver that cannot do without is refused.</summary>
    ZeroCopy,
}
