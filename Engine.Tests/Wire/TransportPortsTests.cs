using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class TransportPortsTests
{
    [Fact]
    public void Known_bytes_are_read_and_written()
    {
        var ports = HeaderAssert.Read<TransportPorts>("c350 0035");

        Assert.Equal(50000, ports.Source);
        Assert.Equal(53, ports.Destination);
        HeaderAssert.Writes(new TransportPorts(50000, 53), "c3500035");
        HeaderAssert.Writes(new TransportPorts(1, 2) { Source = 50000, Destination = 53 }, "c3500035");
    }
}
