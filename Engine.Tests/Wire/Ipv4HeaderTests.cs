using System.Runtime.InteropServices;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class Ipv4HeaderTests
{
    // A widely published worked example of the header checksum, 0xB861.
    private const string Bytes = "45 00 0073 0000 4000 40 11 b861 c0a80001 c0a800c7";

    private static readonly Ipv4Address Source = new(0xC0A80001);
    private static readonly Ipv4Address Destination = new(0xC0A800C7);

    private static Ipv4Header Example => new(Source, Destination, IpProtocol.Udp, 0x73, dontFragment: true);

    [Fact]
    public void Known_bytes_are_read()
    {
        var header = HeaderAssert.Read<Ipv4Header>(Bytes);

        Assert.Equal(4, header.Version);
        Assert.Equal(20, header.HeaderLength);
        Assert.Equal(0, header.TrafficClass);
        Assert.Equal(0x73, header.TotalLength);
        Assert.Equal(0, header.Identification);
        Assert.True(header.DontFragment);
        Assert.False(header.MoreFragments);
        Assert.False(header.IsFragment);
        Assert.Equal(64, header.Ttl);
        Assert.Equal(IpProtocol.Udp, header.Protocol);
        Assert.Equal(0xB861, header.Checksum);
        Assert.Equal(Source, header.Source);
        Assert.Equal(Destination, header.Destination);
        Assert.True(Ipv4Header.IsChecksumValid(Hex.Bytes(Bytes)));
    }

    [Fact]
    public void Known_bytes_are_written_with_their_checksum() => HeaderAssert.Writes(Example, Bytes);

    [Fact]
    public void Fragment_fields_are_read()
    {
        var header = HeaderAssert.Read<Ipv4Header>("4f b9 05dc abcd 20b9 01 06 0000 0a000001 0a000002");

        Assert.Equal(60, header.HeaderLength);
        Assert.Equal(0xB9, header.TrafficClass);
        Assert.Equal(0xABCD, header.Identification);
        Assert.False(header.DontFragment);
        Assert.True(header.MoreFragments);
        Assert.Equal(1480, header.FragmentOffset);
        Assert.True(header.IsFragment);
        Assert.False(header.ReservedBit);
    }

    [Fact]
    public void The_reserved_flag_is_no_part_of_the_fragment_fields()
    {
        var header = HeaderAssert.Read<Ipv4Header>("45 00 0014 0000 8000 40 11 0000 0a000001 0a000002");

        Assert.True(header.ReservedBit);
        Assert.False(header.IsFragment);
        Assert.False(header.DontFragment);
        Assert.Equal(0, header.FragmentOffset);
    }

    [Fact]
    public void Every_changed_bit_of_a_header_breaks_its_checksum()
    {
        byte[] bytes = Hex.Bytes(Bytes);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Ipv4Header.IsChecksumValid(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Replacing_a_field_keeps_the_checksum_right()
    {
        Ipv4Header header = Example;
        header.ReplaceTrafficClass(0xB9);
        AssertChecksum(header);
        header.ReplaceTotalLength(1500);
        AssertChecksum(header);
        header.ReplaceIdentification(0xFFFF);
        AssertChecksum(header);
        header.ReplaceSource(new Ipv4Address(0xFFFFFFFF));
        AssertChecksum(header);
        header.ReplaceDestination(default);
        AssertChecksum(header);
        header.ReplaceFragment(1480, moreFragments: true);
        AssertChecksum(header);
        header.DecrementTtl();
        AssertChecksum(header);

        Assert.Equal(0xB9, header.TrafficClass);
        Assert.Equal(1500, header.TotalLength);
        Assert.Equal(0xFFFF, header.Identification);
        Assert.Equal(0xFFFFFFFF, header.Source.Value);
        Assert.Equal(0U, header.Destination.Value);
        Assert.Equal(1480, header.FragmentOffset);
        Assert.True(header.MoreFragments);
        Assert.True(header.DontFragment);
        Assert.Equal(63, header.Ttl);
    }

    [Fact]
    public void The_time_to_live_counts_down_to_zero_with_a_right_checksum()
    {
        var header = new Ipv4Header(Source, Destination, IpProtocol.Tcp, 40, ttl: 255);
        for (int ttl = 254; ttl >= 0; ttl--)
        {
            header.DecrementTtl();
            Assert.Equal(ttl, header.Ttl);
            AssertChecksum(header);
        }
    }

    [Fact]
    public void Setters_change_their_own_field_only()
    {
        Ipv4Header header = Example;
        header.TrafficClass = 0x01;
        header.TotalLength = 0x0203;
        header.Identification = 0x0405;
        header.Ttl = 0x06;
        header.Checksum = 0x0708;
        header.Source = new Ipv4Address(0x090A0B0C);
        header.Destination = new Ipv4Address(0x0D0E0F10);

        HeaderAssert.Writes(header, "45 01 0203 0405 4000 06 11 0708 090a0b0c 0d0e0f10");
    }

    private static void AssertChecksum(Ipv4Header header)
    {
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<Ipv4Header>(in header)).ToArray();
        bytes[10] = bytes[11] = 0;
        Assert.Equal(FrameBuilder.InternetChecksum(bytes), header.Checksum);
    }
}
