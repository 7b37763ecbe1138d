using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class LinkLayerAddressOptionTests
{
    [Fact]
    public void A_link_layer_address_option_is_read_and_written()
    {
        var option = HeaderAssert.Read<LinkLayerAddressOption>("02 01 02000000000a");
        var mac = MacAddress.Parse("02:00:00:00:00:0a");

        Assert.Equal(LinkLayerAddressOption.TargetType, option.Type);
        Assert.Equal(8, option.WholeLength);
        Assert.Equal(mac, option.Mac);
        HeaderAssert.Writes(new LinkLayerAddressOption(LinkLayerAddressOption.SourceType, mac), "0101 02000000000a");
    }
}
