using System.Buffers.Binary;
using System.Diagnostics;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// A kernel with the uplink's addresses of <see cref="Green"/> and a VXLAN device for each family, whose MAC address is
/// that of endpoint a.
/// </summary>
/// <remarks>
/// <code>
/// wire ── under (172.31.9.1, fd39::1) → vx4, vx6, both VNI 5001
/// </code>
/// All in one namespace, which goes when this is disposed.
/// </remarks>
internal sealed class KernelVtep : IDisposable
{
    private const int Marker = 0x88B6;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static int _count;

    private readonly string _name = $"vxe-{Environment.ProcessId}-vtep{Interlocked.Increment(ref _count)}";

    public KernelVtep()
    {
        try
        {
            Build();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sends frames to the kernel, and returns what its VXLAN devices received of each list.</summary>
    public IReadOnlyList<IReadOnlyList<byte[]>> Open(IReadOnlyList<IReadOnlyList<byte[]>> lists) =>
        NetworkNamespace.Run(_name, () =>
        {
            var options = new RawPortOptions { BlockCount = 16 };
            using var pool = new PacketPool(256, 4096);
            using RawPort wire = RawPort.Open("wire", options);
            using RawPort vx4 = RawPort.Open("vx4", options);
            using RawPort vx6 = RawPort.Open("vx6", options);
            var received = new List<IReadOnlyList<byte[]>>();
            for (int i = 0; i < lists.Count; i++)
            {
                Send(pool, wire, [.. lists[i], MarkerFrame(i, Green.VtepC), MarkerFrame(i, Green.VtepD)]);
                received.Add([.. Receive(pool, vx4, i), .. Receive(pool, vx6, i)]);
            }

            return received;
        });

    public void Dispose()
    {
        if (LiveRig.Exists(_name))
        {
            Shell.Try("ip", "netns", "del", _name);
        }
    }

    private void Build()
    {
        Shell.Run($"ip netns add {_name}");
        LeakWatch.Made(_name);
        LiveRig.In(_name, "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 "
            + "net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.default.accept_dad=0");
        Shell.Run($"ip -n {_name} link add wire type veth peer name under address {Green.MacUplink}");
        LiveRig.In(_name, "sysctl -qw net.ipv6.conf.under.disable_ipv6=0 net.ipv6.conf.under.accept_ra=0");
        Shell.Run($"ip -n {_name} addr add {Green.Vtep}/24 dev under");
        Shell.Run($"ip -n {_name} addr add {Green.Vtep6}/64 dev under nodad");
        AddDevice("vx4", Green.Vtep);
        AddDevice("vx6", Green.Vtep6);
        foreach (string device in new[] { "lo", "wire", "under", "vx4", "vx6" })
        {
            Shell.Run($"ip -n {_name} link set {device} up");
        }
    }

    private void AddDevice(string device, string local) => Shell.Run(
        $"ip -n {_name} link add {device} address {Green.MacA} "
        + $"type vxlan id {Green.VniValue} dstport 4789 local {local}");

    // Behind each list goes a frame that is certainly delivered: when it is there, nothing more is to come.
    private static byte[] MarkerFrame(int number, string source)
    {
        byte[] payload = new byte[46];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        byte[] inner = FrameBuilder.Ethernet(Green.MacC, Green.MacA, Marker).Payload(payload).Build();
        return Green.Tunnelled(inner, source: source);
    }

    private static bool IsMarker(byte[] frame, int number) =>
        BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == Marker
        && BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(14)) == number;

    private static void Send(PacketPool pool, RawPort port, IEnumerable<byte[]> frames)
    {
        foreach (byte[] bytes in frames)
        {
            if (!pool.TryRent(bytes.Length, out FrameDescriptor frame))
            {
                throw new InvalidOperationException("No buffer for the test's own frame.");
            }

            bytes.CopyTo(pool.Frame(frame));
            if (port.Transmit(pool, [frame]) != 1)
            {
                throw new InvalidOperationException($"The wire did not take {Hex.Text(bytes)}.");
            }

            port.Flush(pool);
        }
    }

    private static List<byte[]> Receive(PacketPool pool, RawPort port, int marker)
    {
        var clock = Stopwatch.StartNew();
        var frames = new List<byte[]>();
        var burst = new FrameDescriptor[16];
        while (true)
        {
            foreach (FrameDescriptor frame in burst.AsSpan(0, port.Receive(pool, burst)))
            {
                frames.Add(pool.Frame(frame).ToArray());
                pool.Return(frame);
            }

            if (frames.Count > 0 && IsMarker(frames[^1], marker))
            {
                frames.RemoveAt(frames.Count - 1);
                return frames;
            }

            if (clock.Elapsed > Patience)
            {
                throw new TimeoutException($"{port.Name} did not receive marker {marker}, but {frames.Count} frames.");
            }
        }
    }
}
