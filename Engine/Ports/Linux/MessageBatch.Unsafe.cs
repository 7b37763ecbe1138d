// SAFETY: The batch owns one zeroed block of native memory, which it divides in its constructor: messages, vectors,
// scratch, names and control data, so much of each for every message. It frees the block once, in Dispose. Begin and
// Add refuse what is beyond a message's share. Vectors also point into a packet pool's buffers: PacketPool.Address has
// found each frame inside its buffer, the part is compared with the frame's length, and the caller keeps the frame
// until the batch was sent or cleared. Sending compares the messages with those that were begun.
using System.Runtime.InteropServices;
using VxlanEngine.Packets;

namespace VxlanEngine.Ports.Linux;

/// <summary>Messages to be sent with one system call, gathered from bytes made here and from packet buffers.</summary>
/// <remarks>
/// See <see href="https://man7.org/linux/man-pages/man2/sendmmsg.2.html"/>. Nothing is allocated once it is made.
/// Thread: one.
/// </remarks>
internal sealed unsafe class MessageBatch : IDisposable
{
    private const int NameLength = 32;
    private const int ControlLength = 96;

    private readonly int _capacity;
    private readonly int _vectorsEach;
    private readonly int _scratchEach;
    private readonly Native.mmsghdr* _messages;
    private readonly Native.iovec* _vectors;
    private readonly byte* _scratch;
    private readonly byte* _names;
    private readonly byte* _controls;
    private readonly int[] _tags;
    private void* _block;
    private int _scratchUsed;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="capacity">Most messages.</param>
    /// <param name="vectorsEach">Most parts of a message.</param>
    /// <param name="scratchEach">Most bytes of a message that are not in a packet buffer.</param>
    public MessageBatch(int capacity, int vectorsEach, int scratchEach)
    {
        _capacity = capacity;
        _vectorsEach = vectorsEach;
        _scratchEach = (scratchEach + 15) & ~15;
        nuint each = (nuint)(sizeof(Native.mmsghdr) + (sizeof(Native.iovec) * vectorsEach) + _scratchEach
            + NameLength + ControlLength);
        _tags = new int[capacity];
        _block = NativeMemory.AllocZeroed((nuint)capacity * each);
        _messages = (Native.mmsghdr*)_block;
        _vectors = (Native.iovec*)(_messages + capacity);
        _controls = (byte*)(_vectors + (capacity * vectorsEach));
        _names = _controls + (capacity * ControlLength);
        _scratch = _names + (capacity * NameLength);
    }

    /// <summary>Messages so far.</summary>
    public int Count { get; private set; }

    /// <summary>True when there is no room for another message.</summary>
    public bool IsFull => Count == _capacity;

    private Native.msghdr* Last => &_messages[Count - 1].msg_hdr;

    /// <summary>Forgets all messages.</summary>
    public void Clear() => Count = 0;

    /// <summary>Begins another message; the batch must not be full.</summary>
    public void Begin()
    {
        if (IsFull)
        {
            ThrowFull();
        }

        _scratchUsed = 0;
        Native.msghdr* message = &_messages[Count].msg_hdr;
        *message = default;
        message->msg_iov = _vectors + (Count * _vectorsEach);
        message->msg_control = _controls + (Count * ControlLength);
        Count++;
    }

    /// <summary>Adds a part to the last message and returns it, for the caller to fill.</summary>
    public Span<byte> Add(int length)
    {
        byte* start = _scratch + ((Count - 1) * _scratchEach) + _scratchUsed;
        if (length > _scratchEach - _scratchUsed)
        {
            ThrowFull();
        }

        _scratchUsed += length;
        AddVector(start, length);
        return new Span<byte>(start, length);
    }

    /// <summary>Adds a part of a frame to the last message.</summary>
    public void Add(PacketPool pool, in FrameDescriptor frame, int offset, int length)
    {
        if ((uint)offset > (uint)frame.Length || (uint)length > (uint)(frame.Length - offset))
        {
            ThrowFull();
        }

        AddVector(pool.Address(frame) + offset, length);
    }

    /// <summary>Names the receiver of the last message.</summary>
    public void SetName(ReadOnlySpan<byte> name)
    {
        byte* start = _names + ((Count - 1) * NameLength);
        name.CopyTo(new Span<byte>(start, NameLength));
        Last->msg_name = start;
        Last->msg_namelen = (uint)name.Length;
    }

    /// <summary>Marks the last message with a number of the caller's.</summary>
    public void SetTag(int tag) => _tags[Count - 1] = tag;

    /// <summary>The number that a message is marked with.</summary>
    public int Tag(int message) => _tags[message];

    /// <summary>Adds control data to the last message.</summary>
    public void AddControl<T>(int level, int type, T value)
        where T : unmanaged
    {
        int header = sizeof(Native.cmsghdr);
        int space = (header + sizeof(T) + 7) & ~7;
        if ((int)Last->msg_controllen + space > ControlLength)
        {
            ThrowFull();
        }

        byte* start = (byte*)Last->msg_control + Last->msg_controllen;
        *(Native.cmsghdr*)start = new Native.cmsghdr
        {
            cmsg_len = (nuint)(header + sizeof(T)),
            cmsg_level = level,
            cmsg_type = type,
        };
        *(T*)(start + header) = value;
        Last->msg_controllen += (nuint)space;
    }

    /// <summary>Sends messages.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="first">The first message to send.</param>
    /// <param name="count">How many to send.</param>
    /// <param name="error">Why not even one was sent, or 0.</param>
    /// <returns>The number of messages sent.</returns>
    public int Send(DescriptorHandle socket, int first, int count, out int error)
    {
        if ((uint)first > (uint)Count || (uint)count > (uint)(Count - first))
        {
            ThrowFull();
        }

        int sent = Native.sendmmsg(socket, _messages + first, (uint)count, Native.MsgDontwait);
        error = sent < 0 ? LinuxError.Last : 0;
        return Math.Max(sent, 0);
    }

    /// <summary>Writes one message to a file that takes one frame a call.</summary>
    /// <returns>0, or the error.</returns>
    public int Write(DescriptorHandle file, int message)
    {
        Native.msghdr* header = &_messages[message].msg_hdr;
        return Native.writev(file, header->msg_iov, (int)header->msg_iovlen) < 0 ? LinuxError.Last : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Count = 0;
        NativeMemory.Free(_block);
        _block = null;
    }

    private static void ThrowFull() => throw new InvalidOperationException("The message has no room for that.");

    private void AddVector(byte* start, int length)
    {
        Native.msghdr* message = Last;
        if (message->msg_iovlen == (nuint)_vectorsEach)
        {
            ThrowFull();
        }

        message->msg_iov[message->msg_iovlen++] = new Native.iovec { iov_base = start, iov_len = (nuint)length };
    }
}
