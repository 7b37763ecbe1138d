using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Linux;
using Xunit;

namespace VxlanEngine.Tests.Ports.Linux;

/// <summary>A sleep ends when a port, a descriptor or somebody else has something, and not before.</summary>
public sealed class PortWaiterTests : IDisposable
{
    private const int Long = 20_000;

    private readonly List<Socket> _sockets = [];

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    [SkippableTheory]
    [InlineData(1, 0)]
    [InlineData(3, 1)]
    [InlineData(40, 5)]
    [InlineData(40, 39)] // Known to the epoll instance: more than are named.
    public void A_frame_at_any_port_ends_the_sleep(int count, int which)
    {
        using PortWaiter waiter = Make();
        List<SocketPort> ports = [.. Enumerable.Range(0, count).Select(_ => new SocketPort(Open()))];
        ports.ForEach(waiter.Add);
        ports.ForEach(waiter.Add);
        Assert.Equal(WaitResult.TimedOut, waiter.Wait(1));
        Send(ports[which].Socket!);
        Assert.Equal(WaitResult.Ready, waiter.Wait(Long));

        // It waits still, so that the next sleep ends at once.
        Assert.Equal(WaitResult.Ready, waiter.Wait(Long));
        Take(ports[which].Socket!);
        Assert.Equal(WaitResult.TimedOut, waiter.Wait(1));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(20)]
    public void Somebody_else_ends_the_sleep_or_the_next_one_once(int count)
    {
        using PortWaiter waiter = Make();
        for (int i = 0; i < count; i++)
        {
            waiter.Add(new SocketPort(Open()));
        }

        waiter.Wake();
        Assert.Equal(WaitResult.Ready, waiter.Wait(Long));
        Assert.Equal(WaitResult.TimedOut, waiter.Wait(1));
        var clock = Stopwatch.StartNew();
        var other = new Thread(() =>
        {
            Thread.Sleep(30);
            waiter.Wake();
        });
        other.Start();
        Assert.Equal(WaitResult.Ready, waiter.Wait(Long));
        Assert.InRange(clock.ElapsedMilliseconds, 20, Long / 2);
        other.Join();
    }

    [SkippableFact]
    public void A_descriptor_that_is_no_socket_ends_the_sleep_beside_ports()
    {
        using PortWaiter waiter = Make();
        using PortWaiter inner = Make();
        waiter.Add(new SocketPort(Open()));
        Socket other = Open();
        waiter.Add((int)other.Handle);
        Assert.Equal(WaitResult.TimedOut, waiter.Wait(1));
        Send(other);
        Assert.Equal(WaitResult.Ready, waiter.Wait(Long));
    }

    [SkippableFact]
    public void A_port_is_waited_for_by_the_descriptor_that_it_has_then()
    {
        using PortWaiter waiter = Make();
        Socket first = Open();
        var port = new SocketPort(first);
        waiter.Add(port);
        port.Socket = null;
        first.Dispose();
        Assert.Equal(WaitResult.TimedOut, waiter.Wait(1));
        port.Socket = Open();
        waiter.Add(port);
        Assert.Equal(WaitResult.TimedOut, waiter.Wait(1));
        Send(port.Socket);
        Assert.Equal(WaitResult.Ready, waiter.Wait(Long));
    }

    [SkippableFact]
    public void A_socket_with_an_error_ends_the_sleep_and_it_is_said()
    {
        using PortWaiter waiter = Make();
        Socket socket = Open();
        waiter.Add(new SocketPort(socket));

        // Nobody listens at the port that a socket had which is closed: the system answers with an ICMP error.
        Socket gone = Open();
        EndPoint there = gone.LocalEndPoint!;
        gone.Dispose();
        socket.Connect(there);
        socket.Send([1]);
        Assert.Equal(WaitResult.Error, waiter.Wait(Long));
    }

    [SkippableFact]
    public void Waiting_allocates_nothing()
    {
        using PortWaiter waiter = Make();
        waiter.Add(new SocketPort(Open()));
        Allocations.AssertNone(() => waiter.Wait(0));
    }

    private static PortWaiter Make()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "epoll(7) and poll(2) are Linux's.");
        return new PortWaiter();
    }

    private static void Send(Socket to)
    {
        using var from = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        from.SendTo([1, 2, 3], to.LocalEndPoint!);
    }

    private static void Take(Socket socket) => Assert.Equal(3, socket.Receive(new byte[16]));

    private Socket Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _sockets.Add(socket);
        return socket;
    }

    private sealed class SocketPort(Socket? socket) : ILivePort
    {
        public Socket? Socket { get; set; } = socket;

        public string Name => "socket";

        public PortState State => PortState.Up;

        public string? Fault => null;

        public int Mtu => 0;

        public int PollDescriptor => Socket is null ? -1 : (int)Socket.Handle;

        public bool HasUnsent => false;

        public PortStatistics Statistics => default;

        public bool Maintain() => false;

        public int Receive(PacketPool pool, Span<FrameDescriptor> burst) => 0;

        public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst) => 0;

        public void Dispose()
        {
        }
    }
}
