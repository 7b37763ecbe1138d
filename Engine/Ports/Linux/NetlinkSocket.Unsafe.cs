// SAFETY: The socket owns its descriptor, closed once, in Dispose, and a buffer, which is pinned for the length of each
// call; the kernel writes inside the length given with it. Received bytes are handed out as spans of that buffer, never
// longer than what the kernel says it wrote, and are good until the next call. Addresses stand on the stack.
namespace VxlanEngine.Ports.Linux;

/// <summary>A socket that the kernel's routing speaks through.</summary>
/// <remarks>See <see href="https://man7.org/linux/man-pages/man7/netlink.7.html"/>. Thread: one.</remarks>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    // The kernel fills at most 32 KiB of an answer of many parts at once.
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly DescriptorHandle _socket;

    private NetlinkSocket(DescriptorHandle socket) => _socket = socket;

    /// <summary>The descriptor to wait for.</summary>
    public int Descriptor => _socket.Number;

    /// <summary>Opens a socket.</summary>
    /// <param name="name">Who wants it, for messages.</param>
    /// <param name="groups">The groups whose news it receives, as bits (<c>RTMGRP_…</c>).</param>
    /// <exception cref="PortOpenException">The system has none, or refuses it.</exception>
    public static NetlinkSocket Open(string name, uint groups)
    {
        DescriptorHandle socket = Native.socket(
            Native.AfNetlink, Native.SockRaw | Native.SockNonblock | Native.SockCloexec, Native.NetlinkRoute);
        var address = new Native.sockaddr_nl { nl_family = Native.AfNetlink, nl_groups = groups };
        if (socket.IsInvalid || Native.bind(socket, &address, (uint)sizeof(Native.sockaddr_nl)) < 0)
        {
            int error = LinuxError.Last;
            socket.Dispose();
            throw LinuxError.Exception(name, "open a netlink socket", error, "netlink sockets");
        }

        return new NetlinkSocket(socket);
    }

    /// <summary>Sends a message to the kernel.</summary>
    /// <returns>0, or the error.</returns>
    public int Send(ReadOnlySpan<byte> message)
    {
        fixed (byte* bytes = message)
        {
            return Native.write(_socket, bytes, (nuint)message.Length) == message.Length ? 0 : LinuxError.Last;
        }
    }

    /// <summary>Receives messages of the kernel; what others send is left out.</summary>
    /// <param name="messages">The messages, good until the next call.</param>
    /// <returns>0, or the error: <see cref="LinuxError.NoBuffers"/> also when they did not fit.</returns>
    public int Receive(out ReadOnlySpan<byte> messages)
    {
        messages = default;
        fixed (byte* bytes = _buffer)
        {
            while (true)
            {
                Native.sockaddr_nl from = default;
                uint length = (uint)sizeof(Native.sockaddr_nl);
                nint count = Native.recvfrom(
                    _socket, bytes, (nuint)_buffer.Length, Native.MsgDontwait | Native.MsgTrunc, &from, &length);
                if (count < 0 && LinuxError.Last != LinuxError.Interrupted)
                {
                    return LinuxError.Last;
                }

                if (count > _buffer.Length)
                {
                    return LinuxError.NoBuffers;
                }

                if (count > 0 && from.nl_pid == 0)
                {
                    messages = _buffer.AsSpan(0, (int)count);
                    return 0;
                }
            }
        }
    }

    /// <summary>Index of an interface; 0 when there is none of the name.</summary>
    public static int IndexOf(string name)
    {
        // netdevice(7): any socket will do, but one of netlink.
        using DescriptorHandle socket = Native.socket(
            Native.AfInet, Native.SockDgram | Native.SockCloexec, 0);
        return socket.IsInvalid ? 0 : NetworkDevice.IndexOf(socket, name);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
