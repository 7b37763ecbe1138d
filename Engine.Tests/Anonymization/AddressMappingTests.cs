using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Anonymization;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

public sealed class AddressMappingTests
{
    private static readonly ConcurrentDictionary<string, AnonymizationKey> Keys = new(StringComparer.Ordinal);
    private static readonly AddressMapping Mapping = Make("a key");

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Two_addresses_share_exactly_as_many_leading_bits_after_as_before(IpFamily family) =>
        Prop.ForAll(
                Pairs(family),
                pair => Shared(pair.First, pair.Second) == Shared(Mapping.Map(pair.First), Mapping.Map(pair.Second)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void With_subnets_the_leading_bits_are_shared_all_the_same()
    {
        AddressMapping mapping = Make("a key", "10.1.0.0/16", "10.1.2.0/26", "192.0.2.128/25", "fd00::/64");
        Prop.ForAll(
                Pairs(IpFamily.V4),
                pair => Shared(pair.First, pair.Second) == Shared(mapping.Map(pair.First), mapping.Map(pair.Second)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void The_addresses_of_a_block_are_permuted_onto_the_mapped_block()
    {
        var block = IpPrefix.Parse("198.51.0.0/16");
        IpPrefix mapped = Mapping.Map(block);
        IpAddress[] images =
            [.. Enumerable.Range(0, 1 << 16).Select(i => Mapping.Map(new Ipv4Address(0xC633_0000 + (uint)i)))];
        Assert.Equal(1 << 16, images.Distinct().Count());
        Assert.All(images, image => Assert.True(mapped.Contains(image)));
        Assert.NotEqual(block, mapped);
    }

    [Fact]
    public void A_mapped_prefix_holds_the_mapped_addresses_and_no_others() =>
        Prop.ForAll(
                Pairs(IpFamily.V6),
                ArbMap.Default.ArbFor<byte>(),
                (pair, length) =>
                {
                    IpPrefix prefix = PrefixOf(pair.First, length % 129);
                    return prefix.Contains(pair.Second) == Mapping.Map(prefix).Contains(Mapping.Map(pair.Second));
                })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void The_same_key_maps_alike_and_another_one_does_not()
    {
        IpAddress[] addresses =
            [.. Enumerable.Range(0, 64).Select(i => (IpAddress)new Ipv4Address(0x0808_0000 + ((uint)i << 10)))];
        var again = new AddressMapping(AnonymizationKey.Parse("a key"), []);
        Assert.Equal(addresses.Select(Mapping.Map), addresses.Select(again.Map));
        Assert.NotEqual(addresses.Select(Mapping.Map), addresses.Select(Make("another key").Map));
    }

    [Fact]
    public void A_key_of_digits_is_taken_as_it_is_and_random_keys_differ()
    {
        var address = IpAddress.Parse("2001:db8::1:2:3");
        string digits = string.Concat(Enumerable.Repeat("0f", 32));
        Assert.Equal(Make(digits).Map(address), Make(digits.ToUpperInvariant()).Map(address));
        Assert.NotEqual(
            new AddressMapping(AnonymizationKey.CreateRandom(), []).Map(address),
            new AddressMapping(AnonymizationKey.CreateRandom(), []).Map(address));
        Assert.Throws<ArgumentException>(() => AnonymizationKey.Parse(string.Empty));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("224.0.0.251")]
    [InlineData("224.0.1.129")]
    [InlineData("239.255.255.250")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("ff02::1")]
    [InlineData("ff02::16")]
    [InlineData("ff02::1:2")]
    [InlineData("ff05::101")]
    public void Addresses_that_mean_the_same_everywhere_stay(string address)
    {
        foreach (string key in new[] { "one", "two", "three" })
        {
            Assert.Equal(address, Make(key).Map(IpAddress.Parse(address)).ToString());
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("100.64.0.0/10")]
    [InlineData("127.0.0.0/8")]
    [InlineData("169.254.0.0/16")]
    [InlineData("172.16.0.0/12")]
    [InlineData("192.168.0.0/16")]
    [InlineData("224.0.0.0/4")]
    [InlineData("239.0.0.0/8")]
    [InlineData("2000::/3")]
    [InlineData("fd00::/8")]
    [InlineData("fe80::/64")]
    [InlineData("ff05::/16")]
    [InlineData("::ffff:0:0/96")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    public void Blocks_with_a_meaning_are_mapped_onto_themselves(string block)
    {
        foreach (string key in new[] { "one", "two", "three" })
        {
            Assert.Equal(block, Make(key).Map(IpPrefix.Parse(block)).ToString());
        }
    }

    [Fact]
    public void Solicited_node_groups_follow_the_addresses_they_are_for() =>
        Prop.ForAll(Pairs(IpFamily.V6), pair =>
            {
                Ipv6Address address = pair.First.V6;
                return address.IsMulticast
                    || (address.High == 0 && address.Low >> 24 == 0)
                    || Mapping.Map(new IpAddress(address)).V6.SolicitedNode
                        == Mapping.Map(new IpAddress(address.SolicitedNode)).V6;
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Theory]
    [InlineData("10.1.2.0/24", 24)]
    [InlineData("10.1.2.64/26", 26)]
    [InlineData("172.20.0.0/14", 14)]
    public void Network_and_broadcast_addresses_of_known_subnets_stay_such(string text, int length)
    {
        var subnet = IpPrefix.Parse(text);
        foreach (string key in new[] { "one", "two", "three", "four" })
        {
            AddressMapping mapping = Make(key, text);
            IpPrefix mapped = mapping.Map(subnet);
            Assert.Equal(length, mapped.PrefixLength);
            Assert.Equal(mapped.Address, mapping.Map(subnet.Address));
            Assert.Equal(mapped.Last, mapping.Map(subnet.Last));
        }
    }

    [Fact]
    public void No_address_stays_none()
    {
        Assert.Equal(default, Mapping.Map(default(IpAddress)));
        Assert.Equal(default, Mapping.Map(default(IpPrefix)));
    }

    /// <summary>The key of a passphrase, derived once: that takes long, as it should.</summary>
    internal static AnonymizationKey KeyOf(string text) => Keys.GetOrAdd(text, AnonymizationKey.Parse);

    internal static AddressMapping Make(string key, params string[] subnets) =>
        new(KeyOf(key), subnets.Select(s => IpPrefix.Parse(s)));

    /// <summary>Two addresses that share any number of leading bits, often near a range of its own.</summary>
    private static Arbitrary<(IpAddress First, IpAddress Second)> Pairs(IpFamily family)
    {
        string[] near = family == IpFamily.V4
            ? ["0.0.0.0", "10.1.2.3", "10.1.2.255", "127.0.0.1", "169.254.1.1", "224.0.0.5", "239.1.2.3", "192.0.2.200"]
            : ["::", "::1", "fe80::1", "fd00::1", "ff02::1", "ff02::1:ff00:1", "ff05::1:3", "2001:db8::", "::ffff:0:0"];
        int width = family == IpFamily.V4 ? 32 : 128;
        Gen<UInt128> random = ArbMap.Default.GeneratorFor<ulong>().Two()
            .Select(halves => new UInt128(halves.Item1, halves.Item2) >> (128 - width));
        Gen<UInt128> known = Gen.Elements(near).Select(text => BitsOf(IpAddress.Parse(text)));
        Gen<UInt128> first = Gen.OneOf(random, known);
        return (from a in first
                from tail in random
                from shared in Gen.Choose(0, width)
                select (AddressOf(a, family), AddressOf(Spliced(a, tail, width - shared), family)))
            .ToArbitrary();
    }

    // The first bits of one number, the last of another.
    private static UInt128 Spliced(UInt128 front, UInt128 tail, int tailBits)
    {
        UInt128 mask = tailBits == 128 ? UInt128.MaxValue : (UInt128.One << tailBits) - 1;
        return (front & ~mask) | (tail & mask);
    }

    private static IpPrefix PrefixOf(IpAddress address, int length)
    {
        int host = address.BitLength - length;
        return new IpPrefix(AddressOf(Spliced(BitsOf(address), 0, host), address.Family), length);
    }

    private static UInt128 BitsOf(IpAddress address) => new(address.High, address.Low);

    private static IpAddress AddressOf(UInt128 bits, IpFamily family) => family == IpFamily.V4
        ? new Ipv4Address((uint)bits)
        : new Ipv6Address((ulong)(bits >> 64), (ulong)bits);

    private static int Shared(IpAddress a, IpAddress b) =>
        (int)UInt128.LeadingZeroCount(BitsOf(a) ^ BitsOf(b)) - (128 - a.BitLength);
}
