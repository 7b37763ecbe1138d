using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;
using VxlanEngine.Wire;

namespace VxlanEngine.Tracing;

/// <summary>Tells the story of each packet of a capture, or of one packet that is made up.</summary>
public static class PacketTrace
{
    /// <summary>Replays captures and tells each packet's story as it happens.</summary>
    /// <param name="options">What to trace.</param>
    /// <param name="tell">Receives each story; returns false to end the trace.</param>
    /// <returns>Captures that were damaged.</returns>
    /// <exception cref="PolicyException">A policy has mistakes.</exception>
    /// <exception cref="ArgumentException">An input names a port that the policy does not have.</exception>
    public static IReadOnlyList<CaptureFault> Run(TraceOptions options, Func<PacketStory, bool> tell)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(tell);
        SwitchCore? core = null;
        var tracer = new PacketTracer(index => core!.PortName(index));
        using var input = new ReplayFeed(options.Inputs, options.Changes);
        using (core = CreateCore(options.Policy, options.Limits, tracer))
        {
            input.Start(core);
            while (input.TryNext(core, out FrameDescriptor frame))
            {
                if (!tell(tracer.Trace(core, frame)))
                {
                    break;
                }
            }
        }

        return input.Faults;
    }

    /// <summary>Tells what a policy would do with a packet that is made up.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="port">Name of the port it enters at.</param>
    /// <param name="pattern">A complete pattern.</param>
    /// <param name="vni">On an uplink: the VNI it comes with; null when the policy has one network only.</param>
    /// <param name="vtep">On an uplink: the VTEP it comes from; null for the one that the mapping names.</param>
    /// <exception cref="ArgumentException">The pattern or port does not do.</exception>
    public static PacketStory Ask(
        SwitchPolicy policy, string port, TracePattern pattern, Vni? vni = null, IpAddress? vtep = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(pattern);
        if (!pattern.IsComplete)
        {
            throw new ArgumentException(
                "Give protocol, both addresses and, where the protocol has them, both ports.", nameof(pattern));
        }

        SwitchCore? core = null;
        var tracer = new PacketTracer(index => core!.PortName(index));
        using (core = CreateCore(policy, new SwitchLimits(), tracer))
        {
            if (!core.TryFindPort(port, out int index))
            {
                throw new ArgumentException($"The policy has no port '{port}'.", nameof(port));
            }

            byte[] bytes = Compose(core.Processor.Snapshot, core.Processor.Snapshot.Port(index)!, pattern, vni, vtep);
            core.Pool.TryRent(bytes.Length, out FrameDescriptor frame);
            bytes.CopyTo(core.Pool.Frame(frame));
            frame.Port = (ushort)index;
            frame.PacketId = 1;
            return tracer.Trace(core, frame);
        }
    }

    private static SwitchCore CreateCore(SwitchPolicy policy, SwitchLimits limits, PacketTracer tracer) =>
        new(policy, limits, ReplayFeed.BufferCount, CaptureWriter.MaximumPacketLength, tracer, tracer);

    private static byte[] Compose(
        PolicySnapshot snapshot, BoundPort port, TracePattern pattern, Vni? vni, IpAddress? vtep)
    {
        if (port.Port.Kind != PortKind.Uplink)
        {
            MacAddress next = NextMac(port.Network, pattern.Destination.Addresses!.Value.Address);
            return FrameComposer.Compose(pattern, port.Port.Mac, next);
        }

        BoundNetwork? network = vni is Vni given
            ? snapshot.Network(given.Value)
            : snapshot.Policy.Networks.Count == 1
                ? snapshot.Network(snapshot.Policy.Networks[0].Name)
                : throw new ArgumentException("Say which VNI the packet comes with.", nameof(vni));
        IpAddress source = pattern.Source.Addresses!.Value.Address;
        MacAddress sourceMac = NextMac(network, source);
        MacAddress destinationMac = NextMac(network, pattern.Destination.Addresses!.Value.Address);
        byte[] inner = FrameComposer.Compose(pattern, sourceMac, destinationMac);
        Mapping mapping = default;
        bool isMapped = network is not null && network.Space.TryFindAddress(source, 0, out mapping);
        IpAddress from = vtep ?? (isMapped ? mapping.Vtep : default);
        IpAddress to = port.Port.Addresses.FirstOrDefault(a => a.Family == from.Family);
        if (!from.HasValue || !to.HasValue)
        {
            throw new ArgumentException("Say which VTEP the packet comes from.", nameof(vtep));
        }

        Vni number = vni ?? network!.Network.Vni;
        TunnelOptions own = network?.Network.Tunnel ?? TunnelOptions.Default;
        TunnelOptions options = TunnelOptions.Of(own.Kind) with { UdpPort = own.UdpPort };
        return FrameComposer.Encapsulate(inner, number, from, to, Stranger, port.Port.Mac, options);
    }

    private static MacAddress Stranger => new(0x02_00_00_00_00_FE);

    // The endpoint's own address where the network maps it, else the router's.
    private static MacAddress NextMac(BoundNetwork? network, IpAddress address)
    {
        if (network is null)
        {
            return Stranger;
        }

        if (address.IsMulticast)
        {
            return address.Family == IpFamily.V4
                ? MacAddress.ForMulticast(address.V4)
                : MacAddress.ForMulticast(address.V6);
        }

        return network.Space.TryFindNeighbor(address, out MacAddress mac, out _)
            ? mac
            : network.Space.RouterMac ?? Stranger;
    }
}
