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
        return inner + ((t.PushVlans - t.PopVlans) * VlanTag.Length) + LengthToPush(t);
    }

    /// <summary>Bytes of the headers of the first of two tunnels, as they are in the second; 0 with fewer.</summary>
    /// <remarks>A tag in front of them is the underlay's, and stays there.</remarks>
    public static int LengthOfFirst(in HeaderTransposition t) => t.PushFirst is null
        ? 0
        : t.PushFirst.Header.Length - t.PushFirst.LinkLength + EthernetHeader.Length;

    /// <summary>Why the frame has no room for what <paramref name="t"/> puts in front of it, or none.</summary>
    public static DropReason CheckHeadroom(in FrameDescriptor frame, in HeaderTransposition t)
    {
        int popped = t.PopOuter ? t.From.L2Offset : 0;
        int needed = LengthToPush(t) + (t.PushVlans * VlanTag.Length);
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
            Push(pool, ref frame, t, key, identification);

            // Nobody cuts what is two tunnels deep.
            frame.Segment = frame.Segment switch
            {
                SegmentKind.Udp => SegmentKind.UdpInTunnel,
                SegmentKind.UdpInTunnel => SegmentKind.None,
                _ => frame.Segment,
            };
        }
    }

    /// <summary>Puts a frame into its tunnel, or into both.</summary>
    /// <remarks>The caller has checked headroom; a frame that is too long for its tunnel stays what it was.</remarks>
    public static DropReason Push(
        PacketPool pool, ref FrameDescriptor frame, in HeaderTransposition t, ulong key, ushort identification)
    {
        if (t.PushFirst is null)
        {
            return VxlanEncapsulation.Push(pool, ref frame, t.Push!, t.To, key, identification);
        }

        DropReason reason = VxlanEncapsulation.Push(pool, ref frame, t.PushFirst, t.To, key, identification);
        if (reason != DropReason.None)
        {
            return reason;
        }

        if (t.PushFirst.VlanTci != 0)
        {
            PopVlan(pool, ref frame);
        }

        if (!t.MiddleMac.IsZero)
        {
            MemoryMarshal.Write(pool.Frame(frame), t.MiddleMac);
        }

        return VxlanEncapsulation.PushAround(pool, ref frame, t.Push!, t.PushFirst, t.To, key, identification);
    }

    /// <summary>True when a tunnel's packet may be fragmented, so that it needs an identification.</summary>
    public static bool NeedsIdentification(in HeaderTransposition t) =>
        (t.PushFirst is not null && VxlanEncapsulation.MayFragment(t.PushFirst, t.To))
        || (t.Push is not null && VxlanEncapsulation.MayFragment(t.Push, t.PushFirst, t.To));

    private static int LengthToPush(in HeaderTransposition t) => LengthOfFirst(t) + (t.Push?.Header.Length ?? 0);

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
