// SAFETY: The batch owns one zeroed block of native memory, which it divides in its constructor: messages, vectors,
// names, control data and Length bytes for each message's payload. It frees the block once, in Dispose. Spans are made
// of a message that the last call filled, no longer than the kernel said and no longer than its share; control data is
// followed only inside the length that the kernel wrote.
using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Linux;

/// <summary>Datagrams received with one system call.</summary>
/// <remarks>
/// See <see href="https://man7.org/linux/man-pages/man2/recvmmsg.2.html"/>. Nothing is allocated once it is made.
/// Thread: one.
/// </remarks>
internal sealed unsafe class ReceiveBatch : IDisposable
{
    private const int Length = 64 * 1024;
    private const int ControlLength = 256;

    private readonly int _capacity;
    private readonly Native.mmsghdr* _messages;
    private readonly Native.iovec* _vectors;
    private readonly byte* _controls;
    private readonly byte* _names;
    private readonly byte* _payloads;
    private void* _block;
    private int _used;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="capacity">Most datagrams of a call.</param>
    public ReceiveBatch(int capacity)
    {
        _capacity = capacity;
        nuint each = (nuint)(sizeof(Native.mmsghdr) + sizeof(Native.iovec) + ControlLength + 32 + Length);
        _block = NativeMemory.AllocZeroed((nuint)capacity * each);
        _messages = (Native.mmsghdr*)_block;
        _vectors = (Native.iovec*)(_messages + capacity);
        _controls = (byte*)(_vectors + capacity);
        _names = _controls + (capacity * ControlLength);
        _payloads = _names + (capacity * 32);
        for (int i = 0; i < capacity; i++)
        {
            Prepare(i);
        }
    }

    /// <summary>Datagrams of the last call.</summary>
    public int Count { get; private set; }

    /// <summary>Receives what waits.</summary>
    /// <returns>0, or the error.</returns>
    public int Receive(DescriptorHandle socket)
    {
        // The kernel writes lengths into those that it fills, and perhaps into the one where it stopped.
        for (int i = 0; i <= _used && i < _capacity; i++)
        {
            Prepare(i);
        }

        int count = Native.recvmmsg(socket, _messages, (uint)_capacity, Native.MsgDontwait, null);
        Count = _used = Math.Max(count, 0);
        return count < 0 ? LinuxError.Last : 0;
    }

    /// <summary>A datagram's payload, valid until the next call.</summary>
    public ReadOnlySpan<byte> Payload(int index)
    {
        Check(index);
        return new ReadOnlySpan<byte>(
            _payloads + (index * Length), Math.Min((int)_messages[index].msg_len, Length));
    }

    /// <summary>Who sent a datagram.</summary>
    public ReadOnlySpan<byte> Name(int index)
    {
        Check(index);
        return new ReadOnlySpan<byte>(_names + (index * 32), SocketName.MaxLength);
    }

    /// <summary>Finds a value that the kernel sent with a datagram.</summary>
    public bool TryGetControl<T>(int index, int level, int type, out T value)
        where T : unmanaged
    {
        Check(index);
        value = default;
        Native.msghdr* message = &_messages[index].msg_hdr;
        nuint end = Math.Min(message->msg_controllen, ControlLength);
        byte* controls = (byte*)message->msg_control;
        for (nuint at = 0; at + (nuint)sizeof(Native.cmsghdr) <= end;)
        {
            var header = (Native.cmsghdr*)(controls + at);
            nuint length = header->cmsg_len;
            if (length < (nuint)sizeof(Native.cmsghdr) || length > end - at)
            {
                return false;
            }

            bool isWanted = header->cmsg_level == level && header->cmsg_type == type
                && length >= (nuint)(sizeof(Native.cmsghdr) + sizeof(T));
            if (isWanted)
            {
                value = *(T*)(controls + at + sizeof(Native.cmsghdr));
                return true;
            }

            at += (length + 7) & ~(nuint)7;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Count = 0;
        NativeMemory.Free(_block);
        _block = null;
    }

    private void Prepare(int i)
    {
        _vectors[i] = new Native.iovec { iov_base = _payloads + (i * Length), iov_len = Length };
        _messages[i] = default;
        _messages[i].msg_hdr = new Native.msghdr
        {
            msg_name = _names + (i * 32),
            msg_namelen = SocketName.MaxLength,
            msg_iov = _vectors + i,
            msg_iovlen = 1,
            msg_control = _controls + (i * ControlLength),
            msg_controllen = ControlLength,
        };
    }

    private void Check(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index));
        }
    }
}
