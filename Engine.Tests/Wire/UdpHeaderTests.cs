using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class UdpHeaderTests
{
    private const string Bytes = "801b 0035 0024 85ed";

    [Fact]
    public void Known_bytes_are_read()
    {
        var udp = HeaderAssert.Read<UdpHeader>(Bytes);

        Assert.Equal(32795, udp.SourcePort);
        Assert.Equal(53, udp.DestinationPort);
        Assert.Equal(36, udp.DatagramLength);
        Assert.Equal(0x85ED, udp.Checksum);
    }

    [Fact]
    public void Known_bytes_are_written()
    {
        HeaderAssert.Writes(new UdpHeader(32795, 53, 36, 0x85ED), Bytes);
        HeaderAssert.Writes(new UdpHeader(32795, 53, 36), "801b 0035 0024 0000");
    }

    [Fact]
    public void Setters_change_their_own_field_only()
    {
        var udp = new UdpHeader(9, 9, 9)
        {
            SourcePort = 32795,
            DestinationPort = 53,
            DatagramLength = 36,
            Checksum = 0x85ED,
        };
        HeaderAssert.Writes(udp, Bytes);
    }
}
