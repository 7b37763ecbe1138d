using VxlanEngine.Flows;
using VxlanEngine.Policy;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Flows;

public sealed class PackedFlowKeyTests
{
    private const int Buckets = 1 << 14;

    /// <summary>A sender chooses tuple and VNI: neither may choose a place in the index.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0x1234_5678_9ABC_DEF0)]
    public void Keys_that_differ_in_the_vni_alone_lie_anywhere(ulong hashKey)
    {
        int[] places = [.. Enumerable.Range(0, 1024).Select(i => PlaceOf((uint)i * Buckets, hashKey))];

        // Of a thousand in sixteen thousand places at random, thirty meet another one.
        Assert.InRange(places.Distinct().Count(), 950, 1024);
        Assert.InRange(places.Zip(places.Skip(1)).Count(p => Math.Abs(p.First - p.Second) < 64), 0, 30);
    }

    [Fact]
    public void How_far_keys_lie_apart_depends_on_the_hash_key()
    {
        int[] distances =
        [
            .. Enumerable.Range(0, 256).Select(key => PlaceOf(1, (ulong)key) ^ PlaceOf(1 + Buckets, (ulong)key)),
        ];
        Assert.InRange(distances.Distinct().Count(), 240, 256);
    }

    private static int PlaceOf(uint vni, ulong hashKey)
    {
        var tuple = new FlowTuple(Ip("10.0.0.1"), Ip("10.0.0.2"), IpProtocol.Udp, 1000, 53, 0);
        var key = new FlowKey(1, Direction.In, tuple, vni);
        return (int)(new PackedFlowKey(key, hashKey).Hash(hashKey) % Buckets);
    }
}
