using System.Runtime.InteropServices;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Tracing;

/// <summary>Makes the frame that a tuple stands for, to ask what a policy would do with it.</summary>
internal static class FrameComposer
{
    private const int MaxLength = 256;

    /// <summary>Composes a frame with empty payload; TCP opens a connection, ICMP asks for an echo.</summary>
    /// <param name="pattern">A complete pattern.</param>
    /// <param name="source">Source MAC address.</param>
    /// <param name="destination">Destination MAC address.</param>
    /// <param name="flags">Flags of a TCP segment.</param>
    public static byte[] Compose(
        TracePattern pattern, MacAddress source, MacAddress destination, TcpFlags flags = TcpFlags.Syn)
    {
        IpAddress from = pattern.Source.Addresses!.Value.Address;
        IpAddress to = pattern.Destination.Addresses!.Value.Address;
        IpProtocol protocol = pattern.Protocol!.Value;
        Span<byte> transport = stackalloc byte[TcpHeader.Length];
        transport = transport[..WriteTransport(transport, pattern, flags)];
        uint pseudo = protocol == IpProtocol.Icmp
            ? 0
            : Checksum.PseudoHeader(from, to, protocol, transport.Length);
        int checksumOffset = protocol switch
        {
            IpProtocol.Tcp => 16,
            IpProtocol.Udp => 6,
            IpProtocol.Icmp or IpProtocol.Icmpv6 => 2,
            _ => -1,
        };
        if (checksumOffset >= 0)
        {
            uint sum = Checksum.Sum(transport, pseudo);
            ushort checksum = protocol == IpProtocol.Udp ? Checksum.FinishUdp(sum) : Checksum.Finish(sum);
            MemoryMarshal.Write<UInt16BE>(transport[checksumOffset..], checksum);
        }

        Span<byte> frame = stackalloc byte[MaxLength];
        var writer = new PacketWriter(frame);
        bool isV4 = from.Family == IpFamily.V4;
        writer.TryWrite(new EthernetHeader(destination, source, isV4 ? EtherType.Ipv4 : EtherType.Ipv6));
        if (isV4)
        {
            writer.TryWrite(new Ipv4Header(
                from.V4, to.V4, protocol, (ushort)(Ipv4Header.Length + transport.Length), dontFragment: true));
        }
        else
        {
            writer.TryWrite(new Ipv6Header(from.V6, to.V6, protocol, (ushort)transport.Length));
        }

        writer.TryWrite(transport);
        return frame[..writer.Offset].ToArray();
    }

    /// <summary>Puts a frame into a tunnel packet from one VTEP to another.</summary>
    public static byte[] Encapsulate(
        byte[] inner,
        Vni vni,
        IpAddress from,
        IpAddress to,
        MacAddress source,
        MacAddress destination,
        TunnelOptions options)
    {
        using var pool = new PacketPool(1, inner.Length + MaxLength);
        pool.TryRent(inner.Length, out FrameDescriptor frame);
        inner.CopyTo(pool.Frame(frame));
        PacketParser.ParseFrame(inner, 0, out ParsedFrame parsed);
        Flows.TunnelTemplate tunnel = VxlanEncapsulation.CreateTemplate(
            vni, from, to, options, 0, source, destination);
        VxlanEncapsulation.Push(pool, ref frame, tunnel, parsed, 0, 0);
        return pool.Frame(frame).ToArray();
    }

    private static int WriteTransport(Span<byte> bytes, TracePattern pattern, TcpFlags flags)
    {
        ushort from = pattern.Source.Port ?? 0;
        ushort to = pattern.Destination.Port ?? 0;
        var writer = new PacketWriter(bytes);
        switch (pattern.Protocol)
        {
            case IpProtocol.Tcp:
                writer.TryWrite(new TcpHeader(from, to, 1, 0, flags, ushort.MaxValue));
                break;
            case IpProtocol.Udp:
                writer.TryWrite(new UdpHeader(from, to, UdpHeader.Length));
                break;
            case IpProtocol.Sctp:
                writer.TryWrite(new SctpHeader(from, to, 0, 0));
                break;
            case IpProtocol.Icmp:
                writer.TryWrite(new IcmpHeader(Icmpv4Type.EchoRequest, 0, (ushort)1, (ushort)1));
                break;
            case IpProtocol.Icmpv6:
                writer.TryWrite(new IcmpHeader(Icmpv6Type.EchoRequest, 0, (ushort)1, (ushort)1));
                break;
        }

        return writer.Offset;
    }
}
