using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class SctpHeaderTests
{
    [Fact]
    public void Known_bytes_are_read_and_written()
    {
        const string bytes = "0b59 0b5a 00000e50 53c305f8";
        var sctp = HeaderAssert.Read<SctpHeader>(bytes);

        Assert.Equal(2905, sctp.SourcePort);
        Assert.Equal(2906, sctp.DestinationPort);
        Assert.Equal(0xE50U, sctp.VerificationTag);
        Assert.Equal(0x53C305F8U, sctp.Checksum);
        HeaderAssert.Writes(new SctpHeader(2905, 2906, 0xE50, 0x53C305F8), bytes);
    }
}
