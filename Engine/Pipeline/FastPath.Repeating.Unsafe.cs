// SAFETY: Repeat and what it calls touch the headers of the innermost frame, which Read has found to be there, and as
// many bytes before it as the action's room: RepeatRun has found that many in the buffer. Keys are named by the place
// in a burst of at most MaxBurst, slots and actions by masked numbers, timeouts by sixteen bits; all blocks live as
// long as this object does. Nobody else touches the burst's descriptors between Read and Repeat.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>Repeating: what was done to a packet kind is done to the bytes of the next packet.</content>
internal sealed unsafe partial class FastPath
{
    private const int Ipv4TunnelLength = Ipv4Header.Length + TunnelLength;

    /// <summary>
    /// Repeats for each frame what was done to one like it; the processor decides on the others, and is learnt from.
    /// </summary>
    private void Repeat(Span<FrameDescriptor> frames)
    {
        long nowNs = _processor.NowNs;
        int next = 0;
        while (next < frames.Length)
        {
            int start = next;
            int egress = RepeatRun(frames, ref next, ref nowNs, _processor.DueNs);
            if (next > start)
            {
                _processor.Advance(nowNs);
                Send(frames[start..next], start, egress);
                continue;
            }

            Decide(frames[next], next);
            nowNs = _processor.NowNs;
            next++;
        }
    }

    /// <summary>Repeats what was done for frames that leave in a row through one port.</summary>
    /// <param name="frames">The burst.</param>
    /// <param name="next">The first of them; then the first that is none of them.</param>
    /// <param name="nowNs">The time; then that of the last of them.</param>
    /// <param name="dueNs">When the processor has something else to do first.</param>
    /// <returns>The port, if there is such a frame.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int RepeatRun(Span<FrameDescriptor> frames, ref int next, ref long nowNs, long dueNs)
    {
        UnifiedFlow* slots = _kinds.Slots.First;
        long* timeoutsNs = _kinds.TimeoutsNs.First;
        UnifiedAction* actions = _actions.Places.First;
        long now = nowNs;
        int egress = -1;
        int i = next;
        FrameKey* key = _keys.First + i;
        for (; i < frames.Length; i++, key++)
        {
            ref FrameDescriptor frame = ref frames[i];
            long time = Math.Max(now, frame.TimeNs);
            UnifiedFlow* flow = slots + (uint)key->Slot;
            if (time >= dueNs || key->Context == 0)
            {
                break;
            }

            if (!flow->Is(key->Tuple, key->Context) || key->IsWide)
            {
                flow = FindAround(key);
                if (flow == null)
                {
                    break;
                }
            }

            UnifiedAction* action = actions + (flow->Action & (UnifiedActions.Capacity - 1));
            int length = key->InnerLength;
            int headroom = frame.Offset + key->InnerOffset;
            if (action->Id != flow->Action
                || key->Ttl <= action->Hops
                || length > action->MaxLength
                || headroom < action->Room
                || (action->Egress != egress && egress >= 0))
            {
                break;
            }

            if (flow->Entry >= 0)
            {
                if (time - flow->LastUsedNs >= timeoutsNs[flow->Timeout])
                {
                    break;
                }

                flow->LastUsedNs = time;
                if (++flow->Packets == uint.MaxValue)
                {
                    Tell(flow);
                }
            }

            egress = action->Egress;
            now = time;
            key->Slot = (int)(flow - slots);
            byte* inner = (byte*)key->Frame;
            UnifiedSteps steps = action->Steps;
            if ((steps & UnifiedSteps.Modify) != UnifiedSteps.None)
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
        }

        next = i;
        nowNs = now;
        return egress;
    }

    /// <summary>Looks a packet kind up that may not be where its hash says, or is of IPv6.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private UnifiedFlow* FindAround(FrameKey* key)
    {
        int slot = _kinds.Find(key->Slot, key->Tuple, key->Context);
        byte* frame = (byte*)key->Frame;
        bool isIt = slot >= 0
            && (!key->IsWide
                || _kinds.Addresses[slot].Are(Vector128.Load(frame + 22), Vector128.Load(frame + 38)));
        return isIt ? _kinds.Slots.First + slot : null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Tell(UnifiedFlow* flow) => _kinds.Settle(ref _flows.Entry(flow->Entry));

    /// <summary>Takes back the count of a frame that was repeated and did not leave, but for its rules.</summary>
    /// <returns>The frame as it was received; its bytes may be rewritten.</returns>
    private FrameDescriptor Uncount(in FrameDescriptor frame, int place)
    {
        FrameKey* key = _keys.First + place;
        UnifiedAction* action = ActionOf(_kinds.Slots.First + key->Slot);
        action->Packets--;
        _actions.CountRules(action->Id);
        FrameDescriptor received = frame;
        received.Offset += action->HeaderLength - key->InnerOffset;
        received.Length = key->Length;
        return received;
    }

    private UnifiedAction* ActionOf(UnifiedFlow* flow) =>
        _actions.Places.First + (flow->Action & (UnifiedActions.Capacity - 1));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Modify(byte* inner, FrameKey* key, UnifiedFlow* flow, UnifiedAction* action)
    {
        UnifiedSteps steps = action->Steps;
        if ((steps & UnifiedSteps.WriteMacs) != UnifiedSteps.None)
        {
            Store(inner, action->MacsLow);
            Store(inner + 8, action->MacsHigh);
        }

        if (key->IsWide)
        {
            ref Ipv6Header wide = ref Unsafe.AsRef<Ipv6Header>(inner + IpOffset);
            if ((steps & UnifiedSteps.WriteTrafficClass) != UnifiedSteps.None)
            {
                wide.TrafficClass = action->TrafficClass;
            }

            wide.HopLimit -= action->Hops;
            return;
        }

        if ((steps & UnifiedSteps.Translate) != UnifiedSteps.None)
        {
            Translate(inner, flow);
        }

        ref Ipv4Header ip = ref Unsafe.AsRef<Ipv4Header>(inner + IpOffset);
        if ((steps & UnifiedSteps.WriteTrafficClass) != UnifiedSteps.None)
        {
            ip.ReplaceTrafficClass(action->TrafficClass);
        }

        for (int i = action->Hops; i > 0; i--)
        {
            ip.DecrementTtl();
        }
    }

    /// <summary>Gives a packet its flow's other addresses and ports; sums are in the order of the frame.</summary>
    private static void Translate(byte* frame, UnifiedFlow* flow)
    {
        byte* transport = frame + TransportOffset;
        byte* sum = frame + IpOffset + 10;
        Store(sum, Checksum.Apply(Load<ushort>(sum), flow->IpDelta));
        Store(frame + 26, flow->NewAddresses);
        Store(transport, flow->NewPorts);
        if (frame[23] == (byte)IpProtocol.Udp)
        {
            Store(transport + 6, Checksum.ApplyUdp(Load<ushort>(transport + 6), flow->TransportDelta));
        }
        else
        {
            Store(transport + 16, Checksum.Apply(Load<ushort>(transport + 16), flow->TransportDelta));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(byte* inner, int innerLength, ushort sourcePort, UnifiedAction* action)
    {
        byte* header = (byte*)&action->Header + UnifiedAction.HeaderRoom;
        Vector512.Load(header - 64).Store(inner - 64);
        if ((action->Steps & UnifiedSteps.LongHeader) != UnifiedSteps.None)
        {
            PushLong(inner, innerLength, sourcePort, action);
            return;
        }

        // Counted from behind: there may be a VLAN tag in front.
        byte* ip = inner - Ipv4TunnelLength;
        uint packet = (uint)(Ipv4TunnelLength + innerLength);
        uint id = 0;
        if ((action->Steps & UnifiedSteps.Identify) != UnifiedSteps.None)
        {
            id = _processor.TakeIdentification();
            Store(ip + 4, Swap((ushort)id));
        }

        Store(ip + 2, Swap((ushort)packet));

        // Three numbers of 16 bits: one carry to add, and perhaps another.
        uint sum = action->HeaderSum + packet + id;
        sum = (ushort)sum + (sum >> 16);
        sum += sum >> 16;
        Store(ip + 10, Swap((ushort)~sum));
        FinishUdp(ip + Ipv4Header.Length, packet - Ipv4Header.Length, sourcePort, action);
    }

    private static void PushLong(byte* inner, int innerLength, ushort sourcePort, UnifiedAction* action)
    {
        byte* header = (byte*)&action->Header + UnifiedAction.HeaderRoom;
        Vector512.Load(header - 128).Store(inner - 128);
        byte* ip = inner - Ipv6Header.Length - TunnelLength;
        uint payload = (uint)(TunnelLength + innerLength);
        Store(ip + 4, Swap((ushort)payload));
        FinishUdp(ip + Ipv6Header.Length, payload, sourcePort, action);
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
}
