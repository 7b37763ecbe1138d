// SAFETY: Read, Repeat and what they call work on the bytes between a frame's start and its end, which
// PacketPool.Address has found to lie in the frame's buffer. Read looks at nothing behind the frame's length, which
// it compares before each header. Repeat touches the headers of the innermost frame, which Read has found to be
// there, and as many bytes before it as the action's room: TryRepeat has found that many in the buffer. Indexes: keys
// by the place in a burst of at most MaxBurst, slots and actions by masked numbers, entries by numbers that the flow
// table gave; all blocks live as long as this object does. Nobody else touches the burst's descriptors between Read
// and Repeat.
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
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

    // Of the eight bytes from the total length on: what tells fragments, and what goes into the key.
    private const ulong FragmentBits = 0xFFBFUL << 32;
    private const ulong KeyBits = (0xFFUL << 56) | (0x40UL << 32);

    // VXLAN flags with I alone, and the reserved bytes, as they stand in the frame.
    private const uint OnlyVni = 0x08;

    // What a context keeps of the first sixteen bytes of an IPv4 frame: all but the traffic class.
    private static readonly Vector128<byte> ContextMask =
        Vector128.Create(ulong.MaxValue, 0x00FF_FFFF_FFFF_FFFF).AsByte();

    /// <summary>Reads all frames of a burst and asks for what will be looked up.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Read(ReadOnlySpan<FrameDescriptor> frames)
    {
        FrameKey* key = _keys.First;
        UnifiedFlow* slots = _unified.Slots.First;
        uint mask = _unified.Mask;
        IngressPort[] ports = _ports;
        foreach (ref readonly FrameDescriptor frame in frames)
        {
            uint context = 0;
            if ((uint)frame.Port < (uint)ports.Length)
            {
                ref readonly IngressPort port = ref ports[frame.Port];
                bool isEligible = port.IsEligible
                    && frame.Length >= ShortestFrame
                    && frame.Flags == FrameFlags.None
                    && frame.Checksum != ChecksumStatus.Partial
                    && frame.SegmentSize == 0;
                context = isEligible ? Read(frame, port, key) : 0;
            }

            key->Context = context;
            Prefetch(slots + (key->Hash & mask));
            key++;
        }
    }

    /// <summary>Reads a frame.</summary>
    /// <returns>The number of its context; 0 for a frame that the processor must look at.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Read(in FrameDescriptor frame, in IngressPort port, FrameKey* key)
    {
        byte* inner = _pool.Address(frame);
        int length = frame.Length;
        key->Length = length;
        int offset = 0;
        ulong place = frame.Port;
        ulong outerAddresses = 0;
        ulong outerMac = 0;
        if (port.IsUplink && IsTunnelPacket(inner, port))
        {
            bool mustAddUp = port.Verifies && frame.Checksum == ChecksumStatus.Unknown;
            length = LengthInTunnel(inner, length, mustAddUp);
            if (length < ShortestFrame)
            {
                return 0;
            }

            // The word of VNI and reserved byte, UDP port, traffic class and ingress port share one.
            place |= ((ulong)Load<uint>(inner + VxlanOffset + 4) << 40)
                | ((ulong)Load<ushort>(inner + TransportOffset + 2) << 24)
                | ((ulong)inner[15] << 16);
            outerAddresses = Load<ulong>(inner + 26);
            outerMac = Load<ulong>(inner) & 0xFFFF_FFFF_FFFF;
            offset = InnerOffset;
            inner += InnerOffset;
        }

        key->Frame = (nint)inner;
        key->InnerLength = length;
        key->InnerOffset = offset;
        if (!TryReadPacket(inner, length, key))
        {
            return 0;
        }

        Vector128<byte> start = Vector128.Load(inner) & ContextMask;
        uint spot = inner[5] ^ (inner[11] * 16u);
        NumberedContext* recent = _contexts.Recent.First + (spot % ContextTable.RecentCount);
        uint context = recent->Is(start, place, outerAddresses, outerMac)
            ? recent->Number
            : FindContext(inner, place, outerAddresses, outerMac, recent);
        key->Hash = UnifiedFlowTable.Hash(key->Addresses, key->Ports, context, _hashKey);
        return context;
    }

    /// <summary>Finds the number of a context that is not a recent one, if it is one of plain IPv4.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint FindContext(
        byte* inner, ulong place, ulong outerAddresses, ulong outerMac, NumberedContext* recent)
    {
        if ((Load<uint>(inner + 12) & PlainIpv4Mask) != PlainIpv4)
        {
            return 0;
        }

        *recent = _contexts.Find(Vector128.Load(inner) & ContextMask, place, outerAddresses, outerMac);
        return recent->Number;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsTunnelPacket(byte* p, in IngressPort port)
    {
        ushort udpPort = Load<ushort>(p + TransportOffset + 2);
        return (udpPort == port.VxlanPort || udpPort == port.OtherVxlanPort)
            && (Load<uint>(p + 12) & PlainIpv4Mask) == PlainIpv4
            && p[23] == (byte)IpProtocol.Udp;
    }

    /// <summary>The length of the frame in a VXLAN packet: a whole datagram whose headers are as expected.</summary>
    /// <returns>0 when there is something unexpected.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LengthInTunnel(byte* p, int frameLength, bool mustAddUp)
    {
        ulong middle = Load<ulong>(p + 16);
        int packet = Swap((ushort)middle);
        int datagram = Swap(Load<ushort>(p + TransportOffset + 4));
        if (packet > frameLength - Ipv4Offset
            || datagram > packet - Ipv4Header.Length
            || datagram < UdpHeader.Length + VxlanHeader.Length
            || (middle & FragmentBits) != 0
            || (mustAddUp && (Load<ushort>(p + TransportOffset + 6) != 0 || !AddsUp(p + Ipv4Offset)))
            || Load<uint>(p + VxlanOffset) != OnlyVni
            || p[InnerOffset - 1] != 0)
        {
            return 0;
        }

        return datagram - UdpHeader.Length - VxlanHeader.Length;
    }

    /// <summary>Reads a whole packet of TCP or UDP, taken for IPv4 with a header of 20 bytes.</summary>
    /// <returns>False for anything else, and for TCP segments that open or end a connection.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadPacket(byte* frame, int length, FrameKey* key)
    {
        // Total length, identification, fragment word, time to live, protocol.
        ulong middle = Load<ulong>(frame + 16);
        uint packet = Swap((ushort)middle);
        byte* transport = frame + TransportOffset;
        if (packet > (uint)length - Ipv4Offset || (middle & FragmentBits) != 0)
        {
            return false;
        }

        uint protocol = (uint)(middle >> 56);
        if (protocol == (uint)IpProtocol.Udp)
        {
            // From 8 to what the packet holds, in one comparison; no packet shorter than that passes.
            uint payload = Swap(Load<ushort>(transport + 4)) - (uint)UdpHeader.Length;
            if (packet < Ipv4Header.Length + UdpHeader.Length
                || payload > packet - Ipv4Header.Length - UdpHeader.Length)
            {
                return false;
            }
        }
        else if (protocol != (uint)IpProtocol.Tcp || !IsPlainSegment(transport, (int)packet - Ipv4Header.Length))
        {
            return false;
        }

        key->Addresses = Load<ulong>(frame + 26);
        key->Ports = Load<uint>(transport) | ((ulong)frame[15] << 40) | (middle & KeyBits);
        key->Ttl = (byte)(middle >> 48);
        return true;
    }

    private static bool IsPlainSegment(byte* tcp, int length) =>
        length >= TcpHeader.Length
        && tcp[12] >> 4 >= 5
        && (tcp[12] >> 4) * 4 <= length
        && ((TcpFlags)tcp[13] & (TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst)) == TcpFlags.None;

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

    /// <summary>Looks up the frames of a burst that were read, and asks for their flows' state.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Find(int count)
    {
        FrameKey* key = _keys.First;
        UnifiedFlow* slots = _unified.Slots.First;
        FlowEntry* entries = _flows.Entries.First;
        uint mask = _unified.Mask;
        for (FrameKey* end = key + count; key < end; key++)
        {
            FindSlot(key, slots, mask);
            if (key->Slot < 0 || slots[key->Slot].Entry < 0)
            {
                continue;
            }

            // A translation is read from the other direction's entry, in the next cache line or the one before.
            int entry = slots[key->Slot].Entry;
            Prefetch(entries + entry);
            if ((ActionOf(slots + key->Slot)->Steps & UnifiedSteps.Translate) != UnifiedSteps.None)
            {
                Prefetch(entries + (entry ^ 1));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FindSlot(FrameKey* key, UnifiedFlow* slots, uint mask)
    {
        key->Slot = -1;
        if (key->Context == 0)
        {
            return;
        }

        int first = (int)(key->Hash & mask);
        UnifiedFlow* slot = slots + first;
        if (slot->Is(key->Addresses, key->Ports, key->Context))
        {
            key->Slot = first;
        }
        else if (slot->Action != 0)
        {
            key->Slot = _unified.Find(key->Hash, key->Addresses, key->Ports, key->Context);
        }
    }

    /// <summary>Looks a frame up once more: one before it was learnt from, or its slot was given away.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FindAgain(int place) => FindSlot(_keys.First + place, _unified.Slots.First, _unified.Mask);

    /// <summary>
    /// Repeats for each frame what was done to one like it; the processor decides on the others, and is learnt from.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Repeat(Span<FrameDescriptor> frames)
    {
        FrameKey* key = _keys.First;
        long nowNs = _processor.NowNs;
        long dueNs = _processor.DueNs;
        int start = 0;
        int egress = NoRun;
        bool hasLearnt = false;
        for (int i = 0; i < frames.Length; i++, key++)
        {
            if (hasLearnt)
            {
                FindAgain(i);
            }

            ref FrameDescriptor frame = ref frames[i];
            nowNs = Math.Max(nowNs, frame.TimeNs);
            int way = nowNs >= dueNs ? -1 : TryRepeat(ref frame, key, nowNs);
            if (way == egress)
            {
                continue;
            }

            _processor.Advance(nowNs);
            Send(frames, start, i, egress);
            start = i;
            egress = way;
            if (way < 0)
            {
                hasLearnt |= Decide(frame, i);
                dueNs = _processor.DueNs;
                start = i + 1;
                egress = NoRun;
            }
        }

        _processor.Advance(nowNs);
        Send(frames, start, frames.Length, egress);
    }

    /// <summary>Does to a frame what was done to one like it.</summary>
    /// <returns>The port that it leaves through, or −1 when the processor must decide.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int TryRepeat(ref FrameDescriptor frame, FrameKey* key, long nowNs)
    {
        if (key->Slot < 0)
        {
            return -1;
        }

        UnifiedFlow* flow = _unified.Slots.First + (uint)key->Slot;
        UnifiedAction* action = ActionOf(flow);
        int length = key->InnerLength;
        int headroom = frame.Offset + key->InnerOffset;
        if (action->Id != flow->Action
            || key->Ttl <= action->Hops
            || length > action->MaxLength
            || headroom < action->Room
            || (flow->Entry >= 0 && !TryUse(_flows.Entries.First + flow->Entry, action, key, nowNs)))
        {
            return -1;
        }

        byte* inner = (byte*)key->Frame;
        if ((action->Steps & UnifiedSteps.Modify) != UnifiedSteps.None)
        {
            Modify(inner, key, flow, action);
        }

        if (action->Room != 0)
        {
            Push(inner, length, flow->SourcePort, action);
        }

        int grown = action->HeaderLength;
        frame.Offset = headroom - grown;
        frame.Length = length + grown;
        action->Packets++;
        return action->Egress;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private UnifiedAction* ActionOf(UnifiedFlow* flow) =>
        _actions.Places.First + (flow->Action & (UnifiedActions.Capacity - 1));

    /// <summary>Takes back the count of a frame that was repeated and did not leave, but for its rules.</summary>
    /// <returns>The frame as it was received; its bytes may be rewritten.</returns>
    private FrameDescriptor Uncount(in FrameDescriptor frame, int place)
    {
        FrameKey* key = _keys.First + place;
        UnifiedAction* action = ActionOf(_unified.Slots.First + key->Slot);
        action->Packets--;
        _actions.CountRules(action->Id);
        FrameDescriptor received = frame;
        received.Offset += action->HeaderLength - key->InnerOffset;
        received.Length = key->Length;
        return received;
    }

    /// <summary>Takes note of a packet in its flow's state, unless it would change that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryUse(FlowEntry* entry, UnifiedAction* action, FrameKey* key, long nowNs)
    {
        ulong ports = ((ulong)Swap((uint)key->Ports) << 32) | (key->Ports >> 56 << 24) | action->KeyFlags;
        bool isSame = entry->Key.Addresses == Swap(key->Addresses)
            && entry->Key.Ports == ports
            && entry->Key.Place == action->KeyPlace;
        if (!isSame || !entry->IsSteady || nowNs - entry->LastUsedNs >= entry->TimeoutNs)
        {
            return false;
        }

        entry->LastUsedNs = nowNs;
        entry->Packets++;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Modify(byte* inner, FrameKey* key, UnifiedFlow* flow, UnifiedAction* action)
    {
        UnifiedSteps steps = action->Steps;
        if ((steps & UnifiedSteps.WriteMacs) != UnifiedSteps.None)
        {
            Store(inner, action->MacsLow);
            Store(inner + 8, action->MacsHigh);
        }

        if ((steps & UnifiedSteps.Translate) != UnifiedSteps.None)
        {
            Translate(inner, key, (_flows.Entries.First + (flow->Entry ^ 1))->Key);
        }

        ref Ipv4Header ip = ref Unsafe.AsRef<Ipv4Header>(inner + Ipv4Offset);
        if ((steps & UnifiedSteps.WriteTrafficClass) != UnifiedSteps.None)
        {
            ip.ReplaceTrafficClass(action->TrafficClass);
        }

        for (int i = action->Hops; i > 0; i--)
        {
            ip.DecrementTtl();
        }
    }

    /// <summary>Gives a packet the tuple that answers to its flow's other key.</summary>
    private static void Translate(byte* frame, FrameKey* key, in PackedFlowKey other)
    {
        ulong addresses = BitOperations.RotateLeft(other.Addresses, 32);
        uint ports = BitOperations.RotateLeft((uint)(other.Ports >> 32), 16);
        uint delta = Difference(Swap(key->Addresses), addresses);
        Store(frame + 26, Swap(addresses));
        byte* sum = frame + Ipv4Offset + 10;
        Store(sum, Swap(Checksum.Apply(Swap(Load<ushort>(sum)), delta)));

        byte* transport = frame + TransportOffset;
        delta += Checksum.Difference(Swap((uint)key->Ports), ports);
        Store(transport, Swap(ports));
        if (key->Ports >> 56 == (ulong)IpProtocol.Udp)
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

    private static uint Difference(ulong before, ulong after) =>
        Fold((uint)~before + (~before >> 32) + (uint)after + (after >> 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(byte* inner, int innerLength, ushort sourcePort, UnifiedAction* action)
    {
        byte* header = (byte*)&action->Header + UnifiedAction.HeaderRoom;
        Vector256.Load(header - 64).Store(inner - 64);
        Vector256.Load(header - 32).Store(inner - 32);
        int length = action->HeaderLength;
        if ((action->Steps & UnifiedSteps.LongHeader) != UnifiedSteps.None)
        {
            PushLong(inner, innerLength, sourcePort, action);
            return;
        }

        byte* outer = inner - length;
        uint packet = (uint)(length - Ipv4Offset + innerLength);
        uint id = 0;
        if ((action->Steps & UnifiedSteps.Identify) != UnifiedSteps.None)
        {
            id = _processor.TakeIdentification();
            Store(outer + Ipv4Offset + 4, Swap((ushort)id));
        }

        Store(outer + Ipv4Offset + 2, Swap((ushort)packet));

        // Three numbers of 16 bits: one carry to add, and perhaps another.
        uint sum = action->HeaderSum + packet + id;
        sum = (ushort)sum + (sum >> 16);
        sum += sum >> 16;
        Store(outer + Ipv4Offset + 10, Swap((ushort)~sum));
        FinishUdp(outer + TransportOffset, packet - Ipv4Header.Length, sourcePort, action);
    }

    private static void PushLong(byte* inner, int innerLength, ushort sourcePort, UnifiedAction* action)
    {
        byte* header = (byte*)&action->Header + UnifiedAction.HeaderRoom;
        Vector256.Load(header - 128).Store(inner - 128);
        Vector256.Load(header - 96).Store(inner - 96);
        byte* outer = inner - action->HeaderLength;
        uint payload = (uint)(action->HeaderLength - Ipv4Offset - Ipv6Header.Length + innerLength);
        Store(outer + Ipv4Offset + 4, Swap((ushort)payload));
        FinishUdp(outer + Ipv4Offset + Ipv6Header.Length, payload, sourcePort, action);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishUdp(byte* udp, uint datagram, ushort sourcePort, UnifiedAction* action)
    {
        Store(udp, Swap(sourcePort));
        Store(udp + 4, Swap((ushort)datagram));
        if ((action->Steps & UnifiedSteps.ComputeUdpChecksum) != UnifiedSteps.None)
        {
            Sum(udp, datagram, action->PseudoSum);
        }
    }

    private static void Sum(byte* udp, uint datagram, uint pseudoSum)
    {
        uint sum = Checksum.Sum(new ReadOnlySpan<byte>(udp, (int)datagram), pseudoSum + datagram);
        Store(udp + 6, Swap(Checksum.FinishUdp(sum)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
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
