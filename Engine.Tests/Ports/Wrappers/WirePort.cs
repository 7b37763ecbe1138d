using VxlanEngine.Packets;
using VxlanEngine.Ports;

namespace VxlanEngine.Tests.Ports.Wrappers;

/// <summary>A live port without a device: the test gives it frames, and reads those that left.</summary>
internal sealed class WirePort : ILivePort
{
    private readonly Queue<byte[]> _waiting = new();
    private uint _nextPacketId;

    public string Name => "wire:eth0";

    public PortState State { get; set; } = PortState.Up;

    public string? Fault { get; set; }

    public string? Notice { get; set; }

    public string? Interface { get; set; }

    public bool IsHeardByHost { get; set; }

    public int Mtu => 1400;

    public int PollDescriptor => 77;

    public bool HasUnsent { get; set; }

    public bool TakesSuperFrames => true;

    public PortStatistics Statistics => new() { Received = 5, Unsent = 7 };

    /// <summary>Frames that left.</summary>
    public List<byte[]> Sent { get; } = [];

    /// <summary>Frames that it takes yet.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>Whether bytes are forgotten, so that a test of allocations sees none of the port's own.</summary>
    public bool Forgets { get; set; }

    /// <summary>What received frames are said to be.</summary>
    public FrameDescriptor Marks { get; set; } = new() { TimeNs = 1_000_000 };

    public int Flushes { get; private set; }

    public int Looks { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Gives frames to who receives.</summary>
    public void Give(params IEnumerable<byte[]> frames)
    {
        foreach (byte[] frame in frames)
        {
            _waiting.Enqueue(frame);
        }
    }

    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        int count = 0;
        while (count < burst.Length && _waiting.TryDequeue(out byte[]? bytes))
        {
            Assert(pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(pool.Frame(frame));
            burst[count] = Marks;
            (burst[count].Buffer, burst[count].Offset, burst[count].Length) =
                (frame.Buffer, frame.Offset, frame.Length);
            burst[count++].PacketId = _nextPacketId++;
        }

        return count;
    }

    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        int count = Math.Min(burst.Length, Room);
        Room -= count;
        foreach (ref readonly FrameDescriptor frame in burst[..count])
        {
            if (!Forgets)
            {
                Sent.Add(pool.Frame(frame).ToArray());
            }

            // As a device would leave it.
            pool.Frame(frame).Clear();
            pool.Return(frame);
        }

        return count;
    }

    public void Flush(PacketPool pool) => Flushes++;

    public bool Maintain() => ++Looks > 1;

    public void Dispose() => IsDisposed = true;

    private static void Assert(bool hasBuffer)
    {
        if (!hasBuffer)
        {
            throw new InvalidOperationException("The test's pool is too small.");
        }
    }
}
