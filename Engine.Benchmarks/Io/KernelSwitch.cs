namespace VxlanEngine.Benchmarks.Io;

/// <summary>The kernel's own VXLAN device, as the tenant's interface.</summary>
internal sealed class KernelSwitch : IIoSwitch
{
    /// <summary>Makes it.</summary>
    /// <param name="rig">Where.</param>
    /// <param name="cuts">
    /// Whether super-frames are cut before they enter the wire, as on a device that cannot do it itself.
    /// </param>
    public KernelSwitch(IoRig rig, bool cuts)
    {
        rig.AddUplinkAddress();
        IoRig.Ip(rig.Middle, $"link add {IoRig.Device} address {IoRig.TenantMac} type vxlan id {IoRig.Network} "
            + $"dstport 4789 local {IoRig.UplinkAddress} remote {IoRig.UnderlayAddress} dev uplink");
        if (cuts)
        {
            IoRig.In(rig.Middle, "ethtool -K uplink tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off");
            IoRig.In(rig.Peer, $"ethtool -K {IoRig.Underlay} tx-udp_tnl-segmentation off "
                + "tx-udp_tnl-csum-segmentation off");
        }

        rig.MoveToTenant();
    }

    /// <inheritdoc/>
    public bool HasWire => false;

    /// <inheritdoc/>
    public int? ProcessId => null;

    /// <inheritdoc/>
    public void Stop()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
