// SAFETY: TryRead looks at bytes between a frame's start and its end, which PacketPool.Address has found to lie in the
// frame's buffer; the length is compared before each header is read.
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>The short way: whole, untagged IPv4 packets of TCP and UDP, plain and in VXLAN over IPv4.</content>
internal sealed unsafe partial class Steering
{
    private const int Ipv4Offset = EthernetHeader.Length;
    private const int TransportOffset = Ipv4Offset + Ipv4Header.Length;
    private const int InnerOffset = TransportOffset + UdpHeader.Length + VxlanHeader.Length;
    private const int ShortestFrame = TransportOffset + UdpHeader.Length;

    // EtherType IPv4, version 4 and a header of five words, as they stand in the frame.
    private const uint PlainIpv4 = 0x45_0008;
    private const uint PlainIpv4Mask = 0xFF_FFFF;

    // More fragments, and the offset, as they stand in the frame.
    private const ushort FragmentBits = 0xFF3F;

    /// <summary>Hashes the frames of a burst.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="hashes">Receives as many hashes.</param>
    public void Hash(ReadOnlySpan<FrameDescriptor> frames, Span<ulong> hashes)
    {
        for (int i = 0; i < frames.Length; i++)
        {
            ref readonly FrameDescriptor frame = ref frames[i];
            if (frame.Port >= _ports.Length || !TryRead(frame, _ports[frame.Port], out hashes[i]))
            {
                hashes[i] = Parse(frame);
            }
        }
    }

    private bool TryRead(in FrameDescriptor frame, in SteeredPort port, out ulong hash)
    {
        hash = 0;
        byte* p = pool.Address(frame);
        int length = frame.Length;
        if (length < ShortestFrame || frame.Flags != FrameFlags.None || !port.IsPlain || !IsPlainIpv4(p))
        {
            return false;
        }

        bool isUnderlayUdp = port.OpensTunnels && p[23] == (byte)IpProtocol.Udp;
        if (isUnderlayUdp && IsVxlan(p, port))
        {
            // Another VTEP of the port's, or somebody else's packet: the parser tells them apart.
            bool isTunnel = port.IsPromiscuous || Load<uint>(p + 30) == port.Vtep;
            p += InnerOffset;
            if (!isTunnel || length < InnerOffset + ShortestFrame || !IsPlainIpv4(p))
            {
                return false;
            }

            // A frame in the tunnel that is for the uplink itself may be another tunnel's packet.
            if (p[23] == (byte)IpProtocol.Udp && Load<MacAddress>(p) == port.Mac)
            {
                return false;
            }
        }
        else if (isUnderlayUdp && port.HasOtherTunnels)
        {
            return false;
        }

        byte protocol = p[23];
        if (protocol is not ((byte)IpProtocol.Udp or (byte)IpProtocol.Tcp))
        {
            return false;
        }

        ulong addresses = BinaryPrimitives.ReverseEndianness(Load<ulong>(p + 26));
        uint ports = BinaryPrimitives.ReverseEndianness(Load<uint>(p + TransportOffset));
        hash = FlowShards.Hash(
            (addresses >> 32 << 16) | (ports >> 16),
            ((ulong)(uint)addresses << 16) | (ushort)ports,
            protocol,
            _key);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlainIpv4(byte* p) =>
        (Load<uint>(p + 12) & PlainIpv4Mask) == PlainIpv4 && (Load<ushort>(p + 20) & FragmentBits) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsVxlan(byte* p, in SteeredPort port)
    {
        ushort udpPort = Load<ushort>(p + TransportOffset + 2);
        return udpPort == port.VxlanPort || udpPort == port.OtherVxlanPort;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Load<T>(byte* from)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(from);
}
