using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Anonymization;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

public sealed class MacMappingTests
{
    private static readonly AddressMapping Addresses = AddressMappingTests.Make("a key");
    private static readonly MacMapping Macs = new(AddressMappingTests.KeyOf("a key"), Addresses);

    [Fact]
    public void Two_addresses_share_exactly_as_many_leading_bits_after_as_before() =>
        Prop.ForAll(Pairs(), pair => Shared(pair.First, pair.Second) == Shared(Map(pair.First), Map(pair.Second)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void Groups_stay_groups_and_local_addresses_local() =>
        Prop.ForAll(Pairs(), pair => ((pair.First ^ Map(pair.First)) & 0x0300_0000_0000) == 0)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Theory]
    [InlineData("00:00:00:00:00:00")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("01:80:c2:00:00:0e")]
    [InlineData("01:00:0c:cc:cc:cc")]
    [InlineData("01:1b:19:00:00:00")]
    [InlineData("00:00:5e:00:01:07")]
    [InlineData("01:00:5e:00:00:fb")]
    [InlineData("33:33:00:00:00:01")]
    [InlineData("33:33:00:01:00:02")]
    public void Addresses_that_name_protocols_stay(string mac) =>
        Assert.Equal(mac, Macs.Map(MacAddress.Parse(mac)).ToString());

    [Theory]
    [InlineData("02:42:0a:00:01:05")]
    [InlineData("00:1b:21:12:34:56")]
    [InlineData("03:bf:0a:00:01:05")]
    [InlineData("01:00:5e:12:34:56")]
    [InlineData("33:33:12:34:56:78")]
    public void Addresses_that_name_stations_and_their_groups_do_not(string mac) =>
        Assert.NotEqual(mac, Macs.Map(MacAddress.Parse(mac)).ToString());

    [Fact]
    public void The_address_of_a_group_follows_the_group() =>
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), ArbMap.Default.ArbFor<ulong>(), (high, low) =>
            {
                var ipv4 = new Ipv4Address(0xE000_0000 | ((uint)low >> 4));
                var ipv6 = new Ipv6Address(0xFF00_0000_0000_0000 | (high >> 8), low);
                return Macs.Map(MacAddress.ForMulticast(ipv4))
                        == MacAddress.ForMulticast(Addresses.Map(new IpAddress(ipv4)).V4)
                    && Macs.Map(MacAddress.ForMulticast(ipv6))
                        == MacAddress.ForMulticast(Addresses.Map(new IpAddress(ipv6)).V6);
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    private static ulong Map(ulong mac) => Macs.Map(new MacAddress(mac)).Value;

    private static int Shared(ulong a, ulong b) => BitOperations.LeadingZeroCount(a ^ b) - 16;

    private static Arbitrary<(ulong First, ulong Second)> Pairs()
    {
        Gen<ulong> random = ArbMap.Default.GeneratorFor<ulong>().Select(value => value >> 16);
        Gen<ulong> first = Gen.OneOf(
            random,
            Gen.Elements<ulong>(
                0UL, 0xFFFF_FFFF_FFFF, 0x0100_5E00_0000, 0x0100_5E12_3456, 0x3333_0000_0001, 0x3333_FF00_0001,
                0x0180_C200_0000, 0x0000_5E00_0101, 0x0242_0A00_0105));
        return (from a in first
                from tail in random
                from bits in Gen.Choose(0, 48)
                let mask = (1UL << bits) - 1
                select (a, (a & ~mask) | (tail & mask)))
            .ToArbitrary();
    }
}
