using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class TcpHeaderTests
{
    private const string Bytes = "c350 0050 01020304 05060708 50 12 ffff 0000 0000";

    [Fact]
    public void Known_bytes_are_read()
    {
        var tcp = HeaderAssert.Read<TcpHeader>("c350 0050 01020304 05060708 af d2 1234 5678 9abc");

        Assert.Equal(50000, tcp.SourcePort);
        Assert.Equal(80, tcp.DestinationPort);
        Assert.Equal(0x01020304U, tcp.Sequence);
        Assert.Equal(0x05060708U, tcp.Acknowledgment);
        Assert.Equal(40, tcp.HeaderLength);
        Assert.Equal(15, tcp.ReservedBits);
        Assert.Equal(TcpFlags.Cwr | TcpFlags.Ece | TcpFlags.Ack | TcpFlags.Syn, tcp.Flags);
        Assert.Equal(0x1234, tcp.Window);
        Assert.Equal(0x5678, tcp.Checksum);
        Assert.Equal(0x9ABC, tcp.UrgentPointer);
    }

    [Fact]
    public void Known_bytes_are_written() => HeaderAssert.Writes(
        new TcpHeader(50000, 80, 0x01020304, 0x05060708, TcpFlags.Syn | TcpFlags.Ack, 65535), Bytes);

    [Fact]
    public void Setters_change_their_own_field_only()
    {
        var tcp = HeaderAssert.Read<TcpHeader>(Bytes);
        tcp.SourcePort = 1;
        tcp.DestinationPort = 2;
        tcp.Checksum = 3;
        HeaderAssert.Writes(tcp, "0001 0002 01020304 05060708 50 12 ffff 0003 0000");
    }
}
