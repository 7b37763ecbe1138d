using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class Ipv6HeaderTests
{
    private const string Bytes = """
        6b9abcde 0102 3a ff
        20010db8000000000000000000000001
        ff0200000000000000000001ff000002
        """;

    private static readonly Ipv6Address Source = new(0x20010DB8_00000000, 1);
    private static readonly Ipv6Address Destination = new(0xFF020000_00000000, 0x00000001_FF000002);

    private static Ipv6Header Example => new(
        Source, Destination, IpProtocol.Icmpv6, 0x0102, hopLimit: 255, trafficClass: 0xB9, flowLabel: 0xABCDE);

    [Fact]
    public void Known_bytes_are_read()
    {
        var header = HeaderAssert.Read<Ipv6Header>(Bytes);

        Assert.Equal(6, header.Version);
        Assert.Equal(0xB9, header.TrafficClass);
        Assert.Equal(0xABCDEU, header.FlowLabel);
        Assert.Equal(0x0102, header.PayloadLength);
        Assert.Equal(IpProtocol.Icmpv6, header.NextHeader);
        Assert.Equal(255, header.HopLimit);
        Assert.Equal(Source, header.Source);
        Assert.Equal(Destination, header.Destination);
    }

    [Fact]
    public void Known_bytes_are_written() => HeaderAssert.Writes(Example, Bytes);

    [Theory]
    [InlineData(0x00, "600abcde")]
    [InlineData(0xFF, "6ffabcde")]
    [InlineData(0x46, "646abcde")]
    public void The_traffic_class_stands_between_version_and_flow_label(byte value, string firstWord)
    {
        Ipv6Header header = Example;
        header.TrafficClass = value;

        Assert.Equal(value, header.TrafficClass);
        HeaderAssert.Writes(header, string.Concat(firstWord, Bytes.AsSpan(8)));
    }

    [Fact]
    public void Setters_change_their_own_field_only()
    {
        Ipv6Header header = Example;
        header.PayloadLength = 0x0809;
        header.NextHeader = IpProtocol.Tcp;
        header.HopLimit = 1;
        header.Source = Destination;
        header.Destination = Source;

        HeaderAssert.Writes(
            header, "6b9abcde 0809 06 01 ff0200000000000000000001ff000002 20010db8000000000000000000000001");
    }
}
