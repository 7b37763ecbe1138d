using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Wrappers;
using Xunit;

namespace VxlanEngine.Tests.Ports.Wrappers;

/// <summary>What holds for every port around another one.</summary>
internal static class WrappedPortFacts
{
    /// <summary>Fails unless what is no business of the wrapper is the inner port's; disposes the wrapper.</summary>
    public static void AssertForwards(WrappedPort port, WirePort inner, PacketPool pool, string name)
    {
        Assert.Equal((name, PortState.Up, null), (port.Name, port.State, port.Fault));
        Assert.Equal((1400, 77, null), (port.Mtu, port.PollDescriptor, port.Notice));
        (inner.State, inner.Fault, inner.Notice) = (PortState.Down, "no carrier", "slow today");
        Assert.Equal((PortState.Down, "no carrier", "slow today"), (port.State, port.Fault, port.Notice));
        (inner.Interface, inner.IsHeardByHost) = ("eth0", true);
        Assert.Equal(("eth0", true), (port.Interface, port.IsHeardByHost));
        Assert.False(port.HasUnsent);
        inner.HasUnsent = true;
        Assert.True(port.HasUnsent);
        Assert.Equal(inner.Statistics, port.Statistics);
        port.Flush(pool);
        Assert.Equal(1, inner.Flushes);
        Assert.Equal((false, true, 2), (port.Maintain(), port.Maintain(), inner.Looks));
        port.Dispose();
        Assert.True(inner.IsDisposed);
    }
}
