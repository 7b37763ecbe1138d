using VxlanEngine.Pipeline;
using VxlanEngine.Queues;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

public sealed class FlowStubsTests
{
    private readonly RingMesh<FlowStub> _rings = new(3, 8);

    [Fact]
    public void A_flow_is_known_from_its_first_stub_to_its_last()
    {
        var stubs = new FlowStubs(_rings, 1);
        Assert.True(_rings[2, 1].TryEnqueue(new FlowStub(10, 2, 1)));
        Assert.False(stubs.TryFind(10, out _));
        stubs.Update();
        Assert.True(stubs.TryFind(10, out int owner));
        Assert.Equal((2, 1), (owner, stubs.Count));
        Assert.False(stubs.TryFind(12, out _));

        // A pair that follows another one is told of before that one's end.
        _rings[2, 1].Enqueue([new FlowStub(10, 2, 1), new FlowStub(10, 2, -1)]);
        stubs.Update();
        Assert.True(stubs.TryFind(10, out _));
        _rings[2, 1].TryEnqueue(new FlowStub(10, 2, -1));
        stubs.Update();
        Assert.Equal(0, stubs.Count);
    }

    [Fact]
    public void A_flow_that_moves_is_found_where_it_went()
    {
        var stubs = new FlowStubs(_rings, 1);
        _rings[0, 1].TryEnqueue(new FlowStub(10, 0, 1));
        stubs.Update();
        _rings[2, 1].TryEnqueue(new FlowStub(10, 2, 1));
        stubs.Update();
        _rings[0, 1].TryEnqueue(new FlowStub(10, 0, -1));
        stubs.Update();
        Assert.True(stubs.TryFind(10, out int owner));
        Assert.Equal(2, owner);
    }
}
