// SAFETY: Read and Write work on the bytes between a frame's start and its end, which PacketPool.Address has found to
// lie in the frame's buffer. Read looks at nothing behind the frame's length, which it compares before each header.
// Write touches the headers of the innermost frame, which Read has found to be there, and as many bytes before it as
// the action's header has: TryRepeat has found that much room in the buffer.
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>The bytes: reading frames and carrying actions out.</content>
internal sealed unsafe partial class FastPath
{
    private const int Ipv4Offset = EthernetHeader.Length;
    private const int TransportOffset = Ipv4Offset + Ipv4Header.Length;
    private const int VxlanOffset = TransportOffset + UdpHeader.Length;
    private const int InnerOffset = VxlanOffset + VxlanHeader.Length;
    private const int ShortestFrame = TransportOffset + UdpHeader.Length;

    // EtherType IPv4, version 4 and a header of five words, as they stand in the frame.
    private const uint PlainIpv4 = 0x45_0008;
    private const uint PlainIpv4Mask = 0xFF_FFFF;

    // All bits of the fragment word but don't-fragment, as they stand in the frame.
    private const ushort FragmentBits = 0xFFBF;

    private const byte DontFragmentByte = 0x40;

    // VXLAN flags with I alone, and the reserved bytes, as they stand in the frame.
    private const uint OnlyVni = 0x08;

    private void Read(in FrameDescriptor frame, ref FrameKey key)
    {
        key.Context = 0;
        key.Hash = 0;
        bool isEligible = frame.Port < _ports.Length
            && _ports[frame.Port].IsEligible
            && frame.Flags == FrameFlags.None
            && frame.Checksum != ChecksumStatus.Partial
            && frame.Length >= ShortestFrame;
        if (!isEligible)
        {
            return;
        }

        ref readonly IngressPort port = ref _ports[frame.Port];
        byte* p = _pool.Address(frame);
        if (!TryReadPacket(p, frame.Length, ref key, out bool isUdp))
        {
            return;
        }

        ushort udpPort = (ushort)(key.Ports >> 32);
        bool isTunnel = port.IsUplink && isUdp && (udpPort == port.VxlanPort || udpPort == port.OtherVxlanPort);
        PacketContextKey context;
        if (isTunnel)
        {
            bool mustAddUp = port.Verifies && frame.Checksum == ChecksumStatus.Unknown;
            ulong outer = key.Addresses;
            ulong outerClass = key.Ports & 0xFF;
            if (!TryOpen(p, mustAddUp, ref key, out uint vni))
            {
                return;
            }

            byte* inner = p + InnerOffset;
            context = new PacketContextKey(
                ((ulong)udpPort << 40) | (outerClass << 32) | (1UL << 31) | frame.Port,
                Load<ulong>(inner),
                Load<uint>(inner + 8) | ((ulong)vni << 32),
                outer,
                Load<ulong>(p) & 0xFFFF_FFFF_FFFF);
        }
        else
        {
            key.InnerOffset = 0;
            key.InnerLength = frame.Length;
            context = new PacketContextKey(frame.Port, Load<ulong>(p), Load<uint>(p + 8), 0, 0);
        }

        key.Context = _contexts.NumberOf(context);
        key.Hash = UnifiedFlowTable.Hash(key.Addresses, key.Ports, key.Context, _hashKey);
    }

    /// <summary>Reads a whole, plain IPv4 packet of TCP or UDP.</summary>
    /// <returns>False for anything else, and for TCP segments that open or end a connection.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadPacket(byte* frame, int length, ref FrameKey key, out bool isUdp)
    {
        isUdp = false;
        if (length < ShortestFrame
            || (Load<uint>(frame + 12) & PlainIpv4Mask) != PlainIpv4
            || (Load<ushort>(frame + 20) & FragmentBits) != 0)
        {
            return false;
        }

        int packet = Swap(Load<ushort>(frame + 16));
        byte protocol = frame[23];
        byte* transport = frame + TransportOffset;
        if (packet > length - Ipv4Offset)
        {
            return false;
        }

        if (protocol == (byte)IpProtocol.Udp)
        {
            int datagram = packet < Ipv4Header.Length + UdpHeader.Length ? 0 : Swap(Load<ushort>(transport + 4));
            if (datagram < UdpHeader.Length || datagram > packet - Ipv4Header.Length)
            {
                return false;
            }

            isUdp = true;
        }
        else if (protocol != (byte)IpProtocol.Tcp || !IsPlainSegment(transport, packet - Ipv4Header.Length))
        {
            return false;
        }

        key.Addresses = Swap(Load<ulong>(frame + 26));
        ulong mayNotFragment = (byte)(frame[20] & DontFragmentByte);
        key.Ports = ((ulong)Swap(Load<uint>(transport)) << 32)
            | ((ulong)protocol << 24)
            | (mayNotFragment << 8)
            | frame[15];
        key.Ttl = frame[22];
        key.PacketLength = (ushort)packet;
        return true;
    }

    private static bool IsPlainSegment(byte* tcp, int length) =>
        length >= TcpHeader.Length
        && tcp[12] >> 4 >= 5
        && (tcp[12] >> 4) * 4 <= length
        && ((TcpFlags)tcp[13] & (TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst)) == TcpFlags.None;

    /// <summary>Opens a VXLAN packet whose outer headers were read.</summary>
    private static bool TryOpen(byte* p, bool mustAddUp, ref FrameKey key, out uint vni)
    {
        vni = 0;
        int datagram = Swap(Load<ushort>(p + TransportOffset + 4));
        int length = datagram - UdpHeader.Length - VxlanHeader.Length;
        if (length < ShortestFrame
            || (mustAddUp && (Load<ushort>(p + TransportOffset + 6) != 0 || !AddsUp(p + Ipv4Offset)))
            || Load<uint>(p + VxlanOffset) != OnlyVni
            || p[InnerOffset - 1] != 0)
        {
            return false;
        }

        vni = Swap(Load<uint>(p + VxlanOffset + 4)) >> 8;
        key.InnerOffset = InnerOffset;
        key.InnerLength = length;
        return TryReadPacket(p + InnerOffset, length, ref key, out _);
    }

    /// <summary>True when an IPv4 header of 20 bytes has a right checksum.</summary>
    private static bool AddsUp(byte* ip)
    {
        ulong sum = Load<uint>(ip);
        sum += Load<uint>(ip + 4);
        sum += Load<uint>(ip + 8);
        sum += Load<uint>(ip + 12);
        sum += Load<uint>(ip + 16);
        return Fold(sum) == 0xFFFF;
    }

    private void Write(ref FrameDescriptor frame, in FrameKey key, in UnifiedFlow flow, in UnifiedAction action)
    {
        byte* inner = _pool.Address(frame) + key.InnerOffset;
        UnifiedSteps steps = action.Steps;
        if ((steps & UnifiedSteps.WriteMacs) != UnifiedSteps.None)
        {
            Store(inner, action.MacsLow);
            Store(inner + 8, action.MacsHigh);
        }

        ref Ipv4Header ip = ref Unsafe.AsRef<Ipv4Header>(inner + Ipv4Offset);
        if ((steps & UnifiedSteps.Translate) != UnifiedSteps.None)
        {
            Translate(inner, key, _flows.Entry(flow.Entry ^ 1).Key);
        }

        if ((steps & UnifiedSteps.WriteTrafficClass) != UnifiedSteps.None)
        {
            ip.ReplaceTrafficClass(action.TrafficClass);
        }

        for (int i = action.Hops; i > 0; i--)
        {
            ip.DecrementTtl();
        }

        frame.Offset += key.InnerOffset;
        frame.Length = key.InnerLength;
        ushort identification = _processor.TakeIdentification();
        if (action.HeaderLength != 0)
        {
            Push(inner - action.HeaderLength, key.InnerLength, flow.SourcePort, identification, action);
            frame.Offset -= action.HeaderLength;
            frame.Length += action.HeaderLength;
        }
    }

    /// <summary>Gives a packet the tuple that answers to its flow's other key.</summary>
    private static void Translate(byte* frame, in FrameKey key, in PackedFlowKey other)
    {
        ref Ipv4Header ip = ref Unsafe.AsRef<Ipv4Header>(frame + Ipv4Offset);
        uint oldSource = (uint)(key.Addresses >> 32);
        uint oldDestination = (uint)key.Addresses;
        uint newSource = (uint)other.Addresses;
        uint newDestination = (uint)(other.Addresses >> 32);
        if (oldSource != newSource)
        {
            ip.ReplaceSource(new Ipv4Address(newSource));
        }

        if (oldDestination != newDestination)
        {
            ip.ReplaceDestination(new Ipv4Address(newDestination));
        }

        uint oldPorts = (uint)(key.Ports >> 32);
        uint reversed = (uint)(other.Ports >> 32);
        uint newPorts = (reversed << 16) | (reversed >> 16);
        uint delta = Checksum.Difference(oldSource, newSource)
            + Checksum.Difference(oldDestination, newDestination)
            + Checksum.Difference(oldPorts, newPorts);
        byte* transport = frame + TransportOffset;
        Store(transport, Swap(newPorts));
        if ((byte)(key.Ports >> 24) == (byte)IpProtocol.Udp)
        {
            ref UdpHeader udp = ref Unsafe.AsRef<UdpHeader>(transport);
            udp.Checksum = Checksum.ApplyUdp(udp.Checksum, delta);
        }
        else
        {
            ref TcpHeader tcp = ref Unsafe.AsRef<TcpHeader>(transport);
            tcp.Checksum = Checksum.Apply(tcp.Checksum, delta);
        }
    }

    private static void Push(
        byte* outer, int innerLength, ushort sourcePort, ushort identification, in UnifiedAction action)
    {
        fixed (UnifiedAction.HeaderBytes* header = &action.Header)
        {
            Copy((byte*)header, outer, action.HeaderLength);
        }

        int packet = action.HeaderLength - Ipv4Offset + innerLength;
        byte* udp;
        if ((action.Steps & UnifiedSteps.OuterIpv6) == UnifiedSteps.None)
        {
            uint id = (action.Steps & UnifiedSteps.Identify) != UnifiedSteps.None ? identification : 0u;
            Store(outer + Ipv4Offset + 2, Swap((ushort)packet));
            Store(outer + Ipv4Offset + 4, Swap((ushort)id));
            Store(outer + Ipv4Offset + 10, Swap((ushort)~Fold(action.HeaderSum + (uint)packet + id)));
            udp = outer + TransportOffset;
        }
        else
        {
            Store(outer + Ipv4Offset + 4, Swap((ushort)(packet - Ipv6Header.Length)));
            udp = outer + Ipv4Offset + Ipv6Header.Length;
        }

        int datagram = (int)(outer + action.HeaderLength - udp) + innerLength;
        Store(udp, Swap(sourcePort));
        Store(udp + 4, Swap((ushort)datagram));
        if ((action.Steps & UnifiedSteps.ComputeUdpChecksum) != UnifiedSteps.None)
        {
            var bytes = new ReadOnlySpan<byte>(udp, datagram);
            uint sum = Checksum.Sum(bytes, action.PseudoSum + (uint)datagram);
            Store(udp + 6, Swap(Checksum.FinishUdp(sum)));
        }
    }

    /// <summary>Copies outer headers: 50 bytes over IPv4, 70 over IPv6, in loads that overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* from, byte* to, int length)
    {
        const int Step = 32;
        Vector256<byte> last = Vector256.Load(from + length - Step);
        for (int i = 0; i < length - Step; i += Step)
        {
            Vector256.Load(from + i).Store(to + i);
        }

        last.Store(to + length - Step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Load<T>(byte* from)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(byte* to, T value)
        where T : unmanaged => Unsafe.WriteUnaligned(to, value);

    private static ushort Swap(ushort value) => BinaryPrimitives.ReverseEndianness(value);

    private static uint Swap(uint value) => BinaryPrimitives.ReverseEndianness(value);

    private static ulong Swap(ulong value) => BinaryPrimitives.ReverseEndianness(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Fold(ulong sum)
    {
        sum = (uint)sum + (sum >> 32);
        sum = (ushort)sum + (sum >> 16);
        sum = (ushort)sum + (sum >> 16);
        return (uint)((ushort)sum + (sum >> 16));
    }
}
