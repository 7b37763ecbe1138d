namespace VxlanEngine.Ports.Linux;

/// <summary>Where the ports of this folder work.</summary>
internal static class LinuxPlatform
{
    /// <summary>
    /// True when the kernel has words for super-frames of UDP: VIRTIO_NET_HDR_GSO_UDP_L4, Linux 6.2.
    /// </summary>
    public static bool TakesUdpSuperFrames { get; } = Environment.OSVersion.Version >= new Version(6, 2);

    /// <summary>Refuses machines that are not Linux of 64 bits.</summary>
    /// <param name="port">Name of the port.</param>
    /// <exception cref="PortOpenException">It is another machine.</exception>
    public static void Require(string port)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            throw new PortOpenException($"{port}: this kind of port needs Linux of 64 bits.");
        }
    }

    /// <summary>Refuses kernels that cannot segment UDP for who writes whole frames.</summary>
    /// <param name="port">Name of the port.</param>
    /// <param name="isWanted">Whether it is asked for.</param>
    /// <exception cref="PortOpenException">It is asked for, and cannot be had.</exception>
    public static void RequireUdpSegmentation(string port, bool isWanted)
    {
        if (isWanted && !TakesUdpSuperFrames)
        {
            throw new PortOpenException($"{port}: 'uso' needs Linux 6.2.");
        }
    }
}
