// SAFETY: Repeat and what it calls touch the headers of the innermost frame, which Read has found to be there, and as
// many bytes before it as the action's room: FindRun has found that many in the buffer. Keys are named by the place
// in a burst of at most MaxBurst, entries by Locate and TryFindAround, actions by masked numbers, timeouts by sixteen
// bits; all blocks live as long as this object does. Nobody else touches the burst's descriptors between Read and
// Repeat.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>Repeating: what was done to a packet kind is done to the bytes of the next packet.</content>
internal sealed unsafe partial class FastPath
{
    private const int Ipv4TunnelLength = Ipv4Header.Length + TunnelLength;

    // By measurement: two, four and eight frames ahead are as good as each other where memory was used before.
    private const int PrefetchDistance = 4;

    // What makes outer headers more than a copy, lengths, a checksum and a port.
    private const UnifiedSteps Elaborate =
        UnifiedSteps.LongHeader | UnifiedSteps.Identify | UnifiedSteps.ComputeUdpChecksum;

    /// <summary>
    /// Repeats for each frame what was done to one like it; the processor decides on the others, and is learnt from.
    /// </summary>
    private void Repeat(Span<FrameDescriptor> frames)
    {
        long nowNs = _processor.NowNs;
        int next = 0;
        while (next < frames.Length)
        {
            int egress = -1;
            int count = FindRun(frames[next..], _keys.First + next, ref nowNs, ref egress);
            if (count > 0)
            {
                _processor.Advance(nowNs);
                Span<FrameDescriptor> run = frames.Slice(next, count);
                Transpose(run, _keys.First + next);
                Send(run, next, egress);
                next += count;
                continue;
            }

            if (TryFindAround(_keys.First + next))
            {
                continue;
            }

            LookAhead(frames, next + PrefetchDistance);
            Decide(frames[next], next);
            nowNs = _processor.NowNs;
            next++;
        }
    }

    /// <summary>
    /// Asks for what the processor will look up for a frame from an endpoint, should it begin a flow: where one does,
    /// the next ones often do too, and each would wait for memory five times.
    /// </summary>
    private void LookAhead(ReadOnlySpan<FrameDescriptor> frames, int place)
    {
        FrameKey* key = _keys.First + place;
        if (place >= frames.Length || key->Context == 0 || key->IsWide || key->InnerOffset != 0)
        {
            return;
        }

        var forward = PackedFlowKey.FromEndpoint(frames[place].Port, key->Tuple);
        _flows.Prefetch(forward, forward.Answer(), PrefetchDistance);
    }

    /// <summary>Finds what to do to frames that leave in a row through one port, and counts for their flows.</summary>
    /// <param name="frames">The frames, of which the first ones may be such.</param>
    /// <param name="key">The first one's key.</param>
    /// <param name="nowNs">The time; then that of the last of them.</param>
    /// <param name="egress">Receives the port, if there is such a frame.</param>
    /// <returns>How many there are.</returns>
    /// <remarks>It calls nothing, so that all of it stays in registers.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int FindRun(Span<FrameDescriptor> frames, FrameKey* key, ref long nowNs, ref int egress)
    {
        UnifiedAction* actions = _actions.Places.First;
        long* timeoutsNs = _kinds.TimeoutsNs.First;
        long dueNs = _processor.DueNs;
        long now = nowNs;
        uint port = uint.MaxValue;
        FrameKey* first = key;
        ref FrameDescriptor frame = ref MemoryMarshal.GetReference(frames);
        for (FrameKey* end = key + frames.Length; key < end; key++)
        {
            // Of a frame that was not read, the key holds what an earlier one has left.
            if (key->Context == 0)
            {
                break;
            }

            var flow = (FlowEntry*)key->Flow;
            if (!flow->Is(key->Tuple, key->Context) || (key->IsWide && !HasAddresses(flow, key)))
            {
                break;
            }

            UnifiedAction* action = actions + (flow->Action & (UnifiedActions.Capacity - 1));
            long time = Math.Max(now, frame.TimeNs);
            if (action->Id != flow->Action || !Fits(frame, key, action) || time >= dueNs)
            {
                break;
            }

            if (action->Egress != port)
            {
                if (key != first)
                {
                    break;
                }

                port = action->Egress;
            }

            if (flow->Timeout != 0 && !TryUse(flow, time, timeoutsNs))
            {
                break;
            }

            now = time;
            key->Action = (nint)action;
            frame = ref Unsafe.Add(ref frame, 1);
        }

        nowNs = now;
        egress = (int)port;
        return (int)(key - first);
    }

    /// <summary>True when a frame is not too long, too old or too far in front of its buffer for an action.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Fits(in FrameDescriptor frame, FrameKey* key, UnifiedAction* action) =>
        key->Ttl > action->Hops
        && key->InnerLength <= action->MaxLength
        && frame.Offset + key->InnerOffset >= action->Room;

    /// <summary>Takes note of a packet in its flow's state, unless that has ended, or has counted too far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryUse(FlowEntry* flow, long timeNs, long* timeoutsNs)
    {
        if (timeNs - flow->LastUsedNs >= timeoutsNs[flow->Timeout] || flow->Packets > UnifiedFlowTable.MostPackets)
        {
            return false;
        }

        flow->LastUsedNs = timeNs;
        flow->Packets++;
        return true;
    }

    /// <summary>True when the IPv6 addresses are those of an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasAddresses(FlowEntry* flow, FrameKey* key)
    {
        byte* frame = (byte*)key->Frame;
        WideAddresses* addresses = _kinds.Addresses.First + (flow - _kinds.Entries.First);
        return addresses->Are(Vector128.Load(frame + 22), Vector128.Load(frame + 38));
    }

    /// <summary>Does to the bytes of frames what was found.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Transpose(Span<FrameDescriptor> frames, FrameKey* key)
    {
        foreach (ref FrameDescriptor frame in frames)
        {
            var action = (UnifiedAction*)key->Action;
            if ((action->Steps & UnifiedSteps.Translate) != UnifiedSteps.None)
            {
                Translate((byte*)key->Frame, (FlowEntry*)key->Flow);
            }

            if ((action->Steps & UnifiedSteps.Modify) != UnifiedSteps.None)
            {
                Modify(key, action);
            }

            int length = key->InnerLength;
            if (action->Room != 0)
            {
                Push((byte*)key->Frame, length, ((FlowEntry*)key->Flow)->SourcePort, action);
            }

            int grown = action->HeaderLength;
            frame.Offset += key->InnerOffset - grown;
            frame.Length = length + grown;
            action->Packets++;
            key++;
        }
    }

    /// <summary>
    /// Looks a packet kind up that is not where its hash says, or was not when the burst was read.
    /// </summary>
    /// <returns>False when it was looked for there before, or is nowhere.</returns>
    private bool TryFindAround(FrameKey* key)
    {
        if (key->Context == 0)
        {
            return false;
        }

        int number = _kinds.Find(key->Hash, key->Tuple, key->Context);
        var flow = (nint)(_kinds.Entries.First + number);
        if (number == 0 || flow == key->Flow)
        {
            return false;
        }

        key->Flow = flow;
        return true;
    }

    /// <summary>Takes back the count of a frame that was repeated and did not leave, but for its rules.</summary>
    /// <returns>The frame as it was received; its bytes may be rewritten.</returns>
    private FrameDescriptor Uncount(in FrameDescriptor frame, int place)
    {
        FrameKey* key = _keys.First + place;
        var action = (UnifiedAction*)key->Action;
        action->Packets--;
        _actions.CountRules(action->Id);
        FrameDescriptor received = frame;
        received.Offset += action->HeaderLength - key->InnerOffset;
        received.Length = key->Length;
        return received;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Modify(FrameKey* key, UnifiedAction* action)
    {
        byte* inner = (byte*)key->Frame;
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

    /// <summary>Gives an IPv4 packet its flow's other addresses and ports; sums are in the frame's order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Translate(byte* frame, FlowEntry* flow)
    {
        byte* transport = frame + TransportOffset;
        byte* sum = frame + IpOffset + 10;
        Store(sum, Checksum.ApplyFolded(Load<ushort>(sum), flow->IpDelta));
        Store(frame + 26, flow->NewAddresses);
        Store(transport, flow->NewPorts);
        if (frame[23] == (byte)IpProtocol.Udp)
        {
            Store(transport + 6, Checksum.ApplyFoldedUdp(Load<ushort>(transport + 6), flow->TransportDelta));
        }
        else
        {
            Store(transport + 16, Checksum.ApplyFolded(Load<ushort>(transport + 16), flow->TransportDelta));
        }
    }

    /// <summary>Writes outer headers in front of a frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(byte* inner, int innerLength, ushort sourcePort, UnifiedAction* action)
    {
        byte* header = (byte*)&action->Header + UnifiedAction.HeaderRoom;
        Vector512.Load(header - 64).Store(inner - 64);
        if ((action->Steps & Elaborate) != UnifiedSteps.None)
        {
            PushElaborate(inner, innerLength, sourcePort, action);
            return;
        }

        // Counted from behind: there may be a VLAN tag in front.
        byte* ip = inner - Ipv4TunnelLength;
        uint packet = (uint)(Ipv4TunnelLength + innerLength);
        FinishIpv4(ip, packet, action->HeaderSum + packet);
        FinishUdp(ip + Ipv4Header.Length, packet - Ipv4Header.Length, sourcePort);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PushElaborate(byte* inner, int innerLength, ushort sourcePort, UnifiedAction* action)
    {
        UnifiedSteps steps = action->Steps;
        byte* udp = inner - TunnelLength;
        uint datagram = (uint)(TunnelLength + innerLength);
        if ((steps & UnifiedSteps.LongHeader) != UnifiedSteps.None)
        {
            byte* header = (byte*)&action->Header;
            Vector512.Load(header).Store(inner - UnifiedAction.HeaderRoom);
            Store(udp - Ipv6Header.Length + 4, Swap((ushort)datagram));
        }
        else
        {
            byte* ip = udp - Ipv4Header.Length;
            uint packet = datagram + Ipv4Header.Length;
            uint id = 0;
            if ((steps & UnifiedSteps.Identify) != UnifiedSteps.None)
            {
                id = _processor.TakeIdentification();
                Store(ip + 4, Swap((ushort)id));
            }

            FinishIpv4(ip, packet, action->HeaderSum + packet + id);
        }

        FinishUdp(udp, datagram, sourcePort);
        if ((steps & UnifiedSteps.ComputeUdpChecksum) != UnifiedSteps.None)
        {
            uint sum = Checksum.Sum(new ReadOnlySpan<byte>(udp, (int)datagram), action->PseudoSum + datagram);
            Store(udp + 6, Swap(Checksum.FinishUdp(sum)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishIpv4(byte* ip, uint length, uint sum)
    {
        Store(ip + 2, Swap((ushort)length));

        // Three numbers of 16 bits at most: one carry to add, and perhaps another.
        sum = (ushort)sum + (sum >> 16);
        sum += sum >> 16;
        Store(ip + 10, Swap((ushort)~sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishUdp(byte* udp, uint length, ushort sourcePort)
    {
        Store(udp, Swap(sourcePort));
        Store(udp + 4, Swap((ushort)length));
    }
}
