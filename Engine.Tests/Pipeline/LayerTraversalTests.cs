using VxlanEngine.Packets;
using VxlanEngine.Pipeline;
using VxlanEngine.Tests.Frames;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>What crossing layers costs beside its result.</summary>
public sealed class LayerTraversalTests
{
    [Fact]
    public void Frames_that_make_no_flow_leave_nothing_behind()
    {
        using var core = new SwitchCore(
            SwitchBench.PolicyOf(FlowStateTests.Acl(Rule("any", Allow))), new SwitchLimits(), 4, 2048, new Discard());
        byte[] bytes = FrameBuilder.Ethernet(type: 0x88B5).Payload(46).Build();
        core.TryFindPort("a", out int port);

        Allocations.AssertNone(() =>
        {
            Assert.True(core.Pool.TryRent(bytes.Length, out FrameDescriptor frame));
            bytes.CopyTo(core.Pool.Frame(frame));
            frame.Port = (ushort)port;
            core.Processor.Process(frame);
        });
    }

    private sealed class Discard : IFrameSink
    {
        public bool Transmit(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
            pool.Return(frame);
            return true;
        }

        public void Retire(PacketPool pool, in FrameDescriptor frame, PacketReport report)
        {
        }
    }
}
