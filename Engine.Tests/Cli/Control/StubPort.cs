using System.Collections.Concurrent;
using VxlanEngine.Packets;
using VxlanEngine.Ports;

namespace VxlanEngine.Tests.Cli.Control;

/// <summary>A live port without a device: frames come from any thread, and those that leave are counted.</summary>
internal sealed class StubPort(string name) : ILivePort
{
    private readonly ConcurrentQueue<byte[]> _frames = new();
    private readonly ManualResetEventSlim _mayReceive = new(true);
    private volatile bool _isHanging;
    private long _received;
    private long _sent;

    /// <summary>The time of frames, in nanoseconds since 1970-01-01 UTC, each one later than the one before.</summary>
    public long TimeNs { get; set; } = 1_700_000_000_000_000_000;

    public string Name => name;

    public PortState State => PortState.Up;

    public string? Fault => null;

    public string? Summary { get; set; }

    public string? Interface { get; init; }

    public bool IsHeardByHost { get; init; }

    public int Mtu => 1500;

    public int PollDescriptor => -1;

    public bool HasUnsent => false;

    public PortStatistics Statistics => new() { Received = _received, Sent = Interlocked.Read(ref _sent) };

    /// <summary>Frames that left.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Gives frames to the switch.</summary>
    public void Send(params byte[][] frames) => Array.ForEach(frames, _frames.Enqueue);

    /// <summary>Lets the switch hang in a look at the port, until what is returned is disposed.</summary>
    public IDisposable Hang()
    {
        _mayReceive.Reset();
        SpinWait.SpinUntil(() => _isHanging);
        return new Release(_mayReceive);
    }

    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        _isHanging = !_mayReceive.IsSet;
        _mayReceive.Wait();
        int count = 0;
        while (count < burst.Length && _frames.TryDequeue(out byte[]? bytes))
        {
            pool.TryRent(bytes.Length, out burst[count]);
            bytes.CopyTo(pool.Frame(burst[count]));
            burst[count++].TimeNs = TimeNs + ++_received;
        }

        return count;
    }

    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst)
    {
        Interlocked.Add(ref _sent, burst.Length);
        pool.Return(burst);
        return burst.Length;
    }

    public bool Maintain() => false;

    public void Dispose() => _mayReceive.Dispose();

    private sealed class Release(ManualResetEventSlim gate) : IDisposable
    {
        public void Dispose() => gate.Set();
    }
}
