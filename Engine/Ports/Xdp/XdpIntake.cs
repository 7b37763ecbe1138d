using System.Runtime.CompilerServices;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Xdp;

/// <summary>Brings received frames from the buffers that the kernel filled to those of a switch.</summary>
internal static class XdpIntake
{
    /// <summary>Hands a frame on, in its buffer if that is one of the switch's.</summary>
    /// <param name="from">The pool that the frame was received into.</param>
    /// <param name="to">The switch's.</param>
    /// <param name="frame">The frame, and where it is afterwards.</param>
    /// <returns>False for one that is no frame, or has no room; its buffer was given back.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryTake(PacketPool from, PacketPool to, ref FrameDescriptor frame)
    {
        int length = Math.Min(frame.Length, to.FrameCapacity);
        bool isWhole = length == frame.Length;
        if (length < EthernetHeader.Length)
        {
            from.Return(frame);
            return false;
        }

        if (from != to)
        {
            FrameDescriptor received = frame;
            bool hasRoom = to.TryRent(length, out frame);
            if (hasRoom)
            {
                from.Frame(received)[..length].CopyTo(to.Frame(frame));
            }

            from.Return(received);
            if (!hasRoom)
            {
                return false;
            }
        }

        frame.Length = length;
        frame.Flags = isWhole ? FrameFlags.None : FrameFlags.TooLong;
        return true;
    }

    /// <summary>Puts a frame together that was received in pieces.</summary>
    /// <param name="socket">Where the other pieces come from.</param>
    /// <param name="to">The switch's pool.</param>
    /// <param name="longest">
    /// Bytes of the longest frame: what is longer is a super-frame, of which AF_XDP does not say how it is to be cut.
    /// </param>
    /// <param name="frame">The first piece, and the frame afterwards.</param>
    /// <returns>False for one that is too long, or has no room; all pieces were given back.</returns>
    public static bool TryGather(XdpSocket socket, PacketPool to, int longest, ref FrameDescriptor frame)
    {
        PacketPool from = socket.Loans.Pool;
        FrameDescriptor piece = frame;
        bool hasRoom = to.TryRent(Math.Min(longest, to.FrameCapacity), out frame);
        Span<byte> room = hasRoom ? to.Frame(frame) : [];
        int length = 0;
        bool isLast = false;
        do
        {
            Span<byte> bytes = from.Frame(piece);
            int at = Math.Min(length, room.Length);
            bytes[..Math.Min(bytes.Length, room.Length - at)].CopyTo(room[at..]);
            length += bytes.Length;
            from.Return(piece);
        }
        while (!isLast && socket.TryReceive(out piece, out isLast));

        if (hasRoom && length > longest)
        {
            to.Return(frame);
        }

        frame.Length = Math.Min(length, room.Length);
        frame.Flags = length <= room.Length ? FrameFlags.None : FrameFlags.TooLong;
        return hasRoom && length <= longest;
    }
}
