using VxlanEngine.Flows;
using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Flows;

public sealed class TokenBucketTests
{
    [Theory]
    [InlineData(3, 333_333_334)]
    [InlineData(10, 100_000_000)]
    [InlineData(700_000, 1429)]
    [InlineData(9_999_999, 101)]
    public void The_next_packet_passes_when_it_is_due_and_not_a_nanosecond_sooner(long rate, long dueNs)
    {
        TokenBucket bucket = Bucket(packets: rate);

        Assert.True(bucket.TryTake(64, 0));
        Assert.False(bucket.TryTake(64, dueNs - 1));
        Assert.True(bucket.TryTake(64, dueNs));
    }

    [Fact]
    public void Bits_pass_at_their_rate_however_high_it_is()
    {
        // 64 bytes at 10 Gb/s take 51.2 ns, so that a frame each 51 ns is too many in the end.
        TokenBucket bucket = Bucket(bits: 10_000_000_000, burst: TimeSpan.FromTicks(5));
        int passed = 0;
        for (int i = 0; i < 100_000; i++)
        {
            passed += bucket.TryTake(64, 51L * i) ? 1 : 0;
        }

        // 5.1 ms hold 99 609 frames, and the burst nine more.
        Assert.InRange(passed, 99_609, 99_619);
    }

    [Fact]
    public void Nothing_is_saved_beyond_the_burst()
    {
        TokenBucket bucket = Bucket(packets: 10, burst: TimeSpan.FromMilliseconds(300));
        foreach (long now in new[] { 0L, 1_000_000_000_000 })
        {
            Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => bucket.TryTake(64, now)));
        }
    }

    [Fact]
    public void A_packet_larger_than_the_burst_passes_alone()
    {
        TokenBucket bucket = Bucket(bits: 8000, burst: TimeSpan.FromMilliseconds(1));

        Assert.True(bucket.TryTake(1000, 0));
        Assert.False(bucket.TryTake(1, 999_999_999));
        Assert.True(bucket.TryTake(1, 1_000_000_000));
    }

    [Fact]
    public void A_packet_that_one_limit_refuses_takes_nothing_of_the_other()
    {
        TokenBucket bucket = Bucket(packets: 2, bits: 8000, burst: TimeSpan.FromSeconds(1));

        Assert.True(bucket.TryTake(900, 0));
        Assert.False(bucket.TryTake(101, 0)); // No bits for it, so the second packet is still to be had.
        Assert.True(bucket.TryTake(100, 0));
        Assert.False(bucket.TryTake(0, 0));
    }

    private static TokenBucket Bucket(long? packets = null, long? bits = null, TimeSpan? burst = null) =>
        new(new RuleAction.RateLimit
        {
            PacketsPerSecond = packets,
            BitsPerSecond = bits,
            Burst = burst ?? TimeSpan.FromTicks(1),
        });
}
