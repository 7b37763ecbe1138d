using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Xdp;
using VxlanEngine.Tests.Live;
using Xunit;

namespace VxlanEngine.Tests.Ports.Xdp;

/// <summary>A virtual wire whose ends AF_XDP ports stand on, and the pool of who talks to them.</summary>
public abstract class XdpBench : IDisposable
{
    private static int _count;

    private protected XdpBench()
    {
        int number = Interlocked.Increment(ref _count);
        Left = $"vxl{Environment.ProcessId % 100_000}a{number}";
        Right = $"vxr{Environment.ProcessId % 100_000}a{number}";
    }

    /// <summary>Name of one end's interface.</summary>
    protected string Left { get; }

    /// <summary>Name of the other end's interface.</summary>
    protected string Right { get; }

    /// <summary>Buffers of whoever calls the ports.</summary>
    protected PacketPool Pool { get; } = new(128, 64 * 1024);

    /// <summary>Whether there is a wire to take away.</summary>
    protected bool IsWired { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the wire away.</summary>
    /// <param name="isDisposing">True unless a finalizer calls.</param>
    protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            Pool.Dispose();
            if (IsWired)
            {
                Shell.Run($"ip link del {Left}");
            }
        }
    }

    /// <summary>An XDP program is on an interface.</summary>
    protected static bool HasProgram(string device) =>
        Shell.Run($"ip -d link show {device}").Contains("prog/xdp", StringComparison.Ordinal);

    /// <summary>The number of the XDP program on an interface.</summary>
    protected static string ProgramOf(string device) =>
        Shell.Run($"ip -d link show {device}").Split("prog/xdp id ")[1].Split(' ')[0];

    /// <summary>Why the left end is not opened.</summary>
    protected string Refused(XdpPortOptions options) =>
        Assert.Throws<PortOpenException>(() => XdpPort.Open(Left, options)).Message;

    /// <summary>Lays the wire.</summary>
    protected void Wire(string options = "")
    {
        LiveTests.SkipWhereImpossible();
        Shell.Run($"ip link add {Left} {options} type veth peer name {Right} {options}");
        IsWired = true;
        foreach (string name in new[] { Left, Right })
        {
            Shell.Run($"sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1");
            Shell.Run($"ip link set {name} up");
        }

        WaitForCarrier();
    }

    /// <summary>Waits for the kernel to notice that both ends are up, or that one is not.</summary>
    protected void WaitForCarrier(bool isUp = true)
    {
        for (int i = 0; i < 100 && HasCarrier(Right) != isUp; i++)
        {
            Thread.Sleep(20);
        }

        for (int i = 0; i < 100 && HasCarrier(Left) != isUp; i++)
        {
            Thread.Sleep(20);
        }
    }

    /// <summary>Sends frames by a port.</summary>
    protected int Send(ILivePort port, params byte[][] frames)
    {
        int taken = 0;
        foreach (byte[] bytes in frames)
        {
            Assert.True(Pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(Pool.Frame(frame));
            int count = port.Transmit(Pool, [frame]);
            taken += count;
            if (count == 0)
            {
                Pool.Return(frame);
            }
        }

        port.Flush(Pool);
        return taken;
    }

    /// <summary>Waits for a frame, into a pool.</summary>
    protected static FrameDescriptor Await(ILivePort port, PacketPool pool)
    {
        var burst = new FrameDescriptor[1];
        for (int i = 0; i < 200; i++)
        {
            if (port.Receive(pool, burst) == 1)
            {
                return burst[0];
            }

            Thread.Sleep(i < 10 ? 0 : 10);
        }

        throw new Xunit.Sdk.XunitException($"No frame came to {port.Name}.");
    }

    /// <summary>Waits for as many frames as are wanted; for none, a moment.</summary>
    protected List<FrameDescriptor> Receive(ILivePort port, int wanted)
    {
        var received = new List<FrameDescriptor>();
        var burst = new FrameDescriptor[16];
        for (int i = 0; i < 100 && (wanted == 0 ? i < 5 : received.Count < wanted); i++)
        {
            int count = port.Receive(Pool, burst);
            received.AddRange(burst[..count]);
            Thread.Sleep(count == 0 ? 10 : 0);
        }

        return received;
    }

    private static bool HasCarrier(string device) =>
        Shell.Run($"ip link show {device}").Contains("state UP", StringComparison.Ordinal);
}
