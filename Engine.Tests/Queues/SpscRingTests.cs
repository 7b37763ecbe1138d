using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Queues;
using Xunit;

namespace VxlanEngine.Tests.Queues;

public sealed class SpscRingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-4)]
    public void A_capacity_that_is_no_power_of_two_is_refused(int capacity) =>
        Assert.ThrowsAny<ArgumentException>(() => new SpscRing<int>(capacity));

    [Fact]
    public void A_full_ring_takes_what_fits_and_says_how_many()
    {
        var ring = new SpscRing<int>(4);

        Assert.Equal(3, ring.Enqueue([1, 2, 3]));
        Assert.Equal(1, ring.Enqueue([4, 5]));
        Assert.Equal((4, 0), (ring.Count, ring.Room(1)));
        Assert.False(ring.TryEnqueue(6));

        int[] taken = new int[8];
        Assert.Equal(4, ring.Dequeue(taken));
        Assert.Equal([1, 2, 3, 4], taken[..4]);
        Assert.Equal(0, ring.Dequeue(taken));
    }

    /// <summary>The model is the framework's queue, of which no more than the capacity is used.</summary>
    [Fact]
    public void A_ring_behaves_like_a_queue_of_limited_length()
    {
        Arbitrary<int[]> lengths = Arb.From(Gen.Choose(-9, 9).ArrayOf());
        Prop.ForAll(lengths, BehavesLikeQueue).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(64, 17)]
    [InlineData(1024, 64)]
    public void Two_threads_pass_every_item_on_once_and_in_order(int capacity, int batch)
    {
        const int Total = 300_000;
        var ring = new SpscRing<long>(capacity);
        var producer = new Thread(() =>
        {
            long[] items = new long[batch];
            for (long next = 0; next < Total;)
            {
                int count = (int)Math.Min(batch, Total - next);
                for (int i = 0; i < count; i++)
                {
                    items[i] = next + i;
                }

                int sent = ring.Enqueue(items.AsSpan(0, count));
                next += sent;
                YieldUnless(sent > 0);
            }
        });
        producer.Start();
        long expected = 0;
        long[] received = new long[batch];
        while (expected < Total)
        {
            int count = ring.Dequeue(received);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(expected++, received[i]);
            }

            YieldUnless(count > 0);
        }

        producer.Join();
        Assert.Equal(0, ring.Count);
    }

    [Fact]
    public void Nothing_is_allocated_once_the_ring_is_made()
    {
        var ring = new SpscRing<long>(64);
        long[] items = new long[48];
        Allocations.AssertNone(() =>
        {
            ring.Enqueue(items);
            ring.Dequeue(items);
        });
    }

    [Fact]
    public void A_mesh_has_a_ring_for_every_ordered_pair_and_none_from_a_worker_to_itself()
    {
        var mesh = new RingMesh<int>(3, 8);
        for (int from = 0; from < 3; from++)
        {
            Assert.Throws<ArgumentException>(() => mesh[from, from]);
            for (int to = 0; to < 3; to++)
            {
                Assert.True(from == to || mesh[from, to].TryEnqueue((10 * from) + to));
            }
        }

        int[] taken = new int[2];
        Assert.Equal(1, mesh[2, 0].Dequeue(taken));
        Assert.Equal(20, taken[0]);
        Assert.Equal(1, mesh[0, 2].Dequeue(taken));
        Assert.Equal(2, taken[0]);
    }

    private static void BehavesLikeQueue(int[] lengths)
    {
        var ring = new SpscRing<int>(8);
        var model = new Queue<int>();
        int next = 0;
        foreach (int length in lengths)
        {
            if (length >= 0)
            {
                int[] items = [.. Enumerable.Range(next, length)];
                int fits = Math.Min(length, 8 - model.Count);
                Assert.Equal(fits, ring.Enqueue(items));
                items[..fits].ToList().ForEach(model.Enqueue);
                next += length;
            }
            else
            {
                int[] taken = new int[-length];
                int there = Math.Min(-length, model.Count);
                Assert.Equal(there, ring.Dequeue(taken));
                Assert.Equal(Enumerable.Range(0, there).Select(_ => model.Dequeue()), taken[..there]);
            }

            Assert.Equal(model.Count, ring.Count);
            Assert.InRange(ring.Room(8), 8 - model.Count, 8 - model.Count);
        }
    }

    private static void YieldUnless(bool isBusy)
    {
        if (!isBusy)
        {
            Thread.Yield();
        }
    }
}
