using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Classification;
using Xunit;

namespace VxlanEngine.Tests.Classification;

/// <summary>Sets of bytes as intervals, against the same sets byte by byte.</summary>
public sealed class IntervalSetTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    [Fact]
    public void Operations_are_those_of_sets() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte, byte)[]>(),
        ArbMap.Default.ArbFor<(byte, byte)[]>(),
        (first, second) =>
        {
            IntervalSet<byte> a = Make(first);
            IntervalSet<byte> b = Make(second);
            IntervalSet<byte> both = a.Intersect(b);
            IntervalSet<byte> none = a.Complement();
            foreach (byte value in Bytes)
            {
                bool inA = first.Any(i => Holds(i, value));
                Assert.Equal(inA, a.Contains(value));
                Assert.Equal(!inA, none.Contains(value));
                Assert.Equal(inA && second.Any(i => Holds(i, value)), both.Contains(value));
            }

            Assert.True(a.SetEquals(none.Complement()));
            Assert.All([a, b, both, none], AssertOneForm);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void All_and_nothing_are_each_others_complement()
    {
        Assert.True(IntervalSet<byte>.All.Complement().IsEmpty);
        Assert.True(IntervalSet<byte>.Empty.Complement().IsAll);
        Assert.True(Make([(0, 127), (128, 255)]).IsAll);
        Assert.False(Make([(0, 127), (129, 255)]).IsAll);
    }

    [Fact]
    public void Bounds_hold_all_of_a_set() =>
        Assert.Equal(new Interval<byte>(3, 200), Make([(100, 200), (3, 4)]).Bounds);

    private static IntervalSet<byte> Make((byte, byte)[] intervals) => IntervalSet<byte>.Union(
        [.. intervals.Select(i => new Interval<byte>(Math.Min(i.Item1, i.Item2), Math.Max(i.Item1, i.Item2)))]);

    private static bool Holds((byte A, byte B) interval, byte value) =>
        value >= Math.Min(interval.A, interval.B) && value <= Math.Max(interval.A, interval.B);

    private static void AssertOneForm(IntervalSet<byte> set)
    {
        for (int i = 1; i < set.Count; i++)
        {
            Assert.True(set.Intervals[i].First > set.Intervals[i - 1].Last + 1, "Intervals touch.");
        }
    }
}
