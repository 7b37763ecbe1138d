using BenchmarkDotNet.Attributes;
using VxlanEngine.Queues;

namespace VxlanEngine.Benchmarks.Queues;

/// <summary>What does a ring cost an item, on one thread and from one to another?</summary>
public class RingBenchmarks
{
    private const int Count = 1 << 16;

    private SpscRing<long> _ring = null!;
    private long[] _out = [];
    private long[] _in = [];

    /// <summary>Items put in and taken out at a time.</summary>
    [Params(1, 8, 64)]
    public int Batch { get; set; }

    /// <summary>Makes the ring.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _ring = new SpscRing<long>(1024);
        _out = new long[Batch];
        _in = new long[Batch];
    }

    /// <summary>In and out on one thread.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    [BenchmarkCategory(AllocationGate.Category)]
    public int OneThread()
    {
        int taken = 0;
        while (taken < Count)
        {
            _ring.Enqueue(_out);
            taken += _ring.Dequeue(_in);
        }

        return taken;
    }

    /// <summary>In on one thread, out on another, its start included.</summary>
    [Benchmark(OperationsPerInvoke = 16 * Count)]
    public int TwoThreads()
    {
        var producer = new Thread(() =>
        {
            for (int sent = 0; sent < 16 * Count;)
            {
                sent += _ring.Enqueue(_out.AsSpan(0, Math.Min(Batch, (16 * Count) - sent)));
            }
        });
        producer.Start();
        int taken = 0;
        while (taken < 16 * Count)
        {
            taken += _ring.Dequeue(_in);
        }

        producer.Join();
        return taken;
    }
}
