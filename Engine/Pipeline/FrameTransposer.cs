using System.Runtime.InteropServices;
using VxlanEngine.Flows;
using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <summary>Applies a header transposition to a frame's bytes.</summary>
internal static class FrameTransposer
{
    private const int MacsLength = 2 * MacAddress.Length;

    /// <summary>Bytes of the frame once <paramref name="t"/> is applied.</summary>
    public static int LengthAfter(in FrameDescriptor frame, in HeaderTransposition t)
    {
        int inner = t.PopOuter ? t.From.FrameEnd - t.From.L2Offset : frame.Length;
        return inner + ((t.PushVlans - t.PopVlans) * VlanTag.Length) + (t.Push?.Header.Length ?? 0);
    }

    /// <summary>Why the frame has no room for what <paramref name="t"/> puts in front of it, or none.</summary>
    public static DropReason CheckHeadroom(in FrameDescriptor frame, in HeaderTransposition t)
    {
        int popped = t.PopOuter ? t.From.L2Offset : 0;
        int needed = (t.Push?.Header.Length ?? 0) + (t.PushVlans * VlanTag.Length);
        return frame.Offset + popped + (t.PopVlans * VlanTag.Length) < needed
            ? DropReason.HeadroomExhausted
            : DropReason.None;
    }

    /// <summary>Modifies fields, pops outer headers, changes VLAN tags, pushes outer headers, in this order.</summary>
    /// <remarks>The caller has checked headroom and length.</remarks>
    public static void Apply(
        PacketPool pool, ref FrameDescriptor frame, in HeaderTransposition t, ulong key, ushort identification)
    {
        Span<byte> bytes = pool.Frame(frame);
        HeaderRewriter.Apply(bytes, t.From, t.To);
        if (t.HasQuoted)
        {
            HeaderRewriter.ApplyQuoted(bytes, t.From, t.Quoted, t.QuotedTo);
        }

        if (t.MaxSegment != 0)
        {
            MssClamp.Apply(bytes, t.From, t.MaxSegment);
        }

        if (t.PopOuter)
        {
            frame.Offset += t.From.L2Offset;
            frame.Length = t.From.FrameEnd - t.From.L2Offset;
            frame.Segment = frame.Segment == SegmentKind.UdpInTunnel ? SegmentKind.Udp : frame.Segment;
        }

        for (int i = 0; i < t.PopVlans; i++)
        {
            PopVlan(pool, ref frame);
        }

        for (int i = t.PushVlans - 1; i >= 0; i--)
        {
            PushVlan(pool, ref frame, t.PushedTci(i));
        }

        if (t.Push is not null)
        {
            VxlanEncapsulation.Push(pool, ref frame, t.Push, t.To, key, identification);

            // Nobody cuts what is two tunnels deep.
            frame.Segment = frame.Segment switch
            {
                SegmentKind.Udp => SegmentKind.UdpInTunnel,
                SegmentKind.UdpInTunnel => SegmentKind.None,
                _ => frame.Segment,
            };
        }
    }

    private static void PopVlan(PacketPool pool, ref FrameDescriptor frame)
    {
        Span<byte> bytes = pool.Frame(frame);
        bytes[..MacsLength].CopyTo(bytes[VlanTag.Length..]);
        frame.Offset += VlanTag.Length;
        frame.Length -= VlanTag.Length;
    }

    // The tag's TCI goes behind the MAC addresses, and so does the EtherType that announces it.
    private static void PushVlan(PacketPool pool, ref FrameDescriptor frame, ushort tci)
    {
        frame.Offset -= VlanTag.Length;
        frame.Length += VlanTag.Length;
        Span<byte> bytes = pool.Frame(frame);
        bytes.Slice(VlanTag.Length, MacsLength).CopyTo(bytes);
        MemoryMarshal.Write<UInt16BE>(bytes[MacsLength..], (ushort)EtherType.Vlan);
        MemoryMarshal.Write<UInt16BE>(bytes[(MacsLength + UInt16BE.Length)..], tci);
    }
}
