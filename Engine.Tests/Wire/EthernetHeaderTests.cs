using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class EthernetHeaderTests
{
    private const string Bytes = "ffffffffffff 02420a000105 0806";

    private static readonly MacAddress Source = MacAddress.Parse("02:42:0a:00:01:05");

    [Fact]
    public void Known_bytes_are_read()
    {
        var header = HeaderAssert.Read<EthernetHeader>(Bytes);

        Assert.True(header.Destination.IsBroadcast);
        Assert.Equal(Source, header.Source);
        Assert.Equal(EtherType.Arp, header.EtherType);
    }

    [Fact]
    public void Known_bytes_are_written() =>
        HeaderAssert.Writes(new EthernetHeader(MacAddress.Broadcast, Source, EtherType.Arp), Bytes);

    [Fact]
    public void Setters_change_their_own_field_only()
    {
        var header = new EthernetHeader(Source, Source, EtherType.Ipv4)
        {
            Destination = MacAddress.Broadcast,
            EtherType = EtherType.Arp,
        };
        HeaderAssert.Writes(header, Bytes);
        header.Source = MacAddress.Parse("02:00:00:00:00:01");
        HeaderAssert.Writes(header, "ffffffffffff 020000000001 0806");
    }

    [Theory]
    [InlineData(0x05FF, EtherType.None)]
    [InlineData(0x0600, (EtherType)0x0600)]
    [InlineData(0x0026, EtherType.None)]
    public void A_number_below_0x0600_is_a_length(ushort field, EtherType expected)
    {
        var header = HeaderAssert.Read<EthernetHeader>($"0180c2000000 02420a000105 {field:x4}");

        Assert.Equal(expected, header.EtherType);
        Assert.Equal(field, header.TypeOrLength);
    }
}
