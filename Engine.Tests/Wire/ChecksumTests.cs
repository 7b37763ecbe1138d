using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class ChecksumTests
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(2000);

    private static Arbitrary<byte[]> AnyBytes => ArbMap.Default.ArbFor<byte[]>();

    [Fact]
    public void The_example_of_rfc_1071_adds_up()
    {
        byte[] bytes = Hex.Bytes("0001 f203 f4f5 f6f7");

        Assert.Equal(0xDDF2U, Checksum.Sum(bytes));
        Assert.Equal(0x220D, Checksum.Compute(bytes));
    }

    [Fact]
    public void The_example_of_rfc_1624_is_updated()
    {
        // RFC 1624 §4: equation 2 would give 0xFFFF here.
        Assert.Equal(0x0000, Checksum.Update(0xDD2F, 0x5555, 0x3285));
    }

    [Fact]
    public void Every_length_and_alignment_sums_the_same_in_vector_scalar_and_word_by_word()
    {
        byte[] memory = new byte[400];
        new Random(1).NextBytes(memory);
        for (int length = 0; length <= 300; length++)
        {
            for (int start = 0; start < 64; start++)
            {
                ReadOnlySpan<byte> bytes = memory.AsSpan(start, length);
                uint expected = NaiveSum(bytes);
                if (expected != Checksum.Sum(bytes) || expected != Checksum.SumScalar(bytes))
                {
                    Assert.Fail($"{length} bytes at {start}: {expected:x}, vector {Checksum.Sum(bytes):x}, "
                        + $"scalar {Checksum.SumScalar(bytes):x}");
                }
            }
        }
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xFF)]
    public void Carries_are_never_lost_in_a_large_buffer(byte value)
    {
        byte[] bytes = new byte[(4 << 20) + 1];
        Array.Fill(bytes, value);

        Assert.Equal(NaiveSum(bytes), Checksum.Sum(bytes));
        Assert.Equal(NaiveSum(bytes), Checksum.SumScalar(bytes));
    }

    [Fact]
    public void A_sum_is_zero_only_over_zeros()
    {
        Assert.Equal(0U, Checksum.Sum(new byte[100]));
        Assert.Equal(0xFFFFU, Checksum.Sum([0xFF, 0xFF]));
        Assert.Equal(0xFFFFU, Checksum.Sum([0x80, 0x00, 0x7F, 0xFF, 0x00, 0x00]));
        Assert.Equal(0xFFFFU, Checksum.Sum([], 0xFFFF_0000));
    }

    [Fact]
    public void An_odd_last_byte_stands_high() => Assert.Equal(0x0102U + 0x0300U, Checksum.Sum([1, 2, 3]));

    [Fact]
    public void A_sum_goes_on_from_an_even_part() =>
        Prop.ForAll(AnyBytes, AnyBytes, (first, second) =>
        {
            byte[] even = [.. first, .. new byte[first.Length % 2]];
            byte[] whole = [.. even, .. second];
            return Checksum.Sum(second, Checksum.Sum(even)) == NaiveSum(whole);
        }).Check(Thorough);

    [Fact]
    public void What_a_checksum_was_written_into_is_valid_and_no_other_word_would_be() =>
        Prop.ForAll(AnyBytes, ArbMap.Default.ArbFor<ushort>(), (bytes, other) =>
        {
            byte[] message = [0, 0, .. bytes];
            ushort checksum = Checksum.Compute(message);
            BinaryPrimitives.WriteUInt16BigEndian(message, checksum);
            bool isValid = Checksum.IsValid(message);
            BinaryPrimitives.WriteUInt16BigEndian(message, other);

            // 0 and 0xFFFF are the two zeros of one's complement; over zeros alone the sum stays 0.
            bool isSame = other % 0xFFFF == checksum % 0xFFFF && message.Any(b => b != 0);
            return isValid && Checksum.IsValid(message) == isSame;
        }).Check(Thorough);

    [Fact]
    public void An_update_equals_a_full_computation() =>
        Prop.ForAll(AnyBytes, ArbMap.Default.ArbFor<ushort>(), ArbMap.Default.ArbFor<uint>(), (bytes, word, dword) =>
        {
            byte[] message = [.. bytes, .. new byte[bytes.Length % 2], 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 1, 1];
            int at = message.Length - 8;
            ushort checksum = Checksum.Compute(message);
            checksum = Checksum.Update(checksum, 0x1234, word);
            checksum = Checksum.Update(checksum, 0x56789ABC, dword);
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at), word);
            BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(at + 2), dword);
            return checksum == Checksum.Compute(message);
        }).Check(Thorough);

    [Fact]
    public void Every_pair_of_words_at_the_edges_updates_as_a_full_computation_does()
    {
        ushort[] edges = [0, 1, 2, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF];
        foreach (ushort fixedWord in edges.Where(word => word != 0))
        {
            foreach (ushort before in edges)
            {
                foreach (ushort after in edges)
                {
                    Assert.Equal(
                        OfWords(fixedWord, after),
                        Checksum.Update(OfWords(fixedWord, before), before, after));
                }
            }
        }
    }

    [Fact]
    public void Deltas_add_up() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<Tuple<ushort, ushort>>(),
            ArbMap.Default.ArbFor<Tuple<uint, uint>>(),
            ArbMap.Default.ArbFor<ushort>(),
            (word, dword, checksum) =>
            {
                ushort oneByOne = Checksum.Update(
                    Checksum.Update(checksum, word.Item1, word.Item2), dword.Item1, dword.Item2);
                uint delta = Checksum.Difference(word.Item1, word.Item2)
                    + Checksum.Difference(dword.Item1, dword.Item2);

                // No message has a checksum of 0xFFFF but one of zeros; there, changes that cancel out tell.
                return checksum == 0xFFFF || oneByOne == Checksum.Apply(checksum, delta);
            }).Check(Thorough);

    [Theory]
    [InlineData(0x0000)]
    [InlineData(0x1234)]
    [InlineData(0xFFFF)]
    public void A_change_to_the_same_value_leaves_the_checksum_as_it_is(ushort checksum)
    {
        Assert.Equal(checksum, Checksum.Update(checksum, 0xABCD, 0xABCD));
        Assert.Equal(checksum, Checksum.Update(checksum, 0x0123_4567U, 0x0123_4567U));
        Assert.Equal(checksum, Checksum.Apply(checksum, Checksum.Difference((ushort)1, (ushort)1) * 2));
    }

    [Theory]
    [InlineData("10.0.0.1", "192.168.255.255")]
    [InlineData("0.0.0.0", "255.255.255.255")]
    [InlineData("fd00::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("::", "::")]
    [InlineData("10.0.0.1", "64:ff9b::a00:1")]
    [InlineData("64:ff9b::a00:1", "10.0.0.1")]
    public void An_address_is_replaced(string before, string after)
    {
        byte[] one = [.. System.Net.IPAddress.Parse(before).GetAddressBytes(), 0x12, 0x34];
        byte[] two = [.. System.Net.IPAddress.Parse(after).GetAddressBytes(), 0x12, 0x34];

        var checksum = (ushort)FrameBuilder.InternetChecksum(one);

        Assert.Equal(
            FrameBuilder.InternetChecksum(two),
            Checksum.Update(checksum, IpAddress.Parse(before), IpAddress.Parse(after)));
    }

    [Theory]
    [InlineData("10.0.0.1", "255.255.255.255", IpProtocol.Udp, 8)]
    [InlineData("fd00::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", IpProtocol.Icmpv6, 65535)]
    [InlineData("fe80::1", "ff02::1:ff00:2", IpProtocol.Tcp, 100_000)]
    public void A_pseudo_header_is_summed(string source, string destination, IpProtocol protocol, int length)
    {
        byte[] header =
        [
            .. System.Net.IPAddress.Parse(source).GetAddressBytes(),
            .. System.Net.IPAddress.Parse(destination).GetAddressBytes(),
            (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length,
            0, 0, 0, (byte)protocol,
        ];

        Assert.Equal(
            NaiveSum(header),
            Checksum.PseudoHeader(IpAddress.Parse(source), IpAddress.Parse(destination), protocol, length));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2")]
    [InlineData("fd00::1", "fd00::2")]
    public void A_udp_checksum_is_verified_behind_its_pseudo_header(string source, string destination)
    {
        FrameBuilder packet = FrameBuilder.Bare();
        packet = source.Contains(':', StringComparison.Ordinal)
            ? packet.Ipv6(source, destination)
            : packet.Ipv4(source, destination);
        byte[] bytes = packet.Udp(1000, 53).Payload("x").Build();
        byte[] udp = bytes[^9..];
        uint seed = Checksum.PseudoHeader(
            IpAddress.Parse(source), IpAddress.Parse(destination), IpProtocol.Udp, udp.Length);

        Assert.True(Checksum.IsValid(udp, seed));
        udp[8] ^= 1;
        Assert.False(Checksum.IsValid(udp, seed));
    }

    [Fact]
    public void Udp_sends_a_checksum_of_zero_as_all_ones()
    {
        Assert.Equal(0x0000, Checksum.Finish(0xFFFF));
        Assert.Equal(0xFFFF, Checksum.FinishUdp(0xFFFF));
        Assert.Equal(0x1234, Checksum.FinishUdp(0xEDCB));
        Assert.Equal(0x1234, Checksum.Finish(0xEDCA_0001));
    }

    [Fact]
    public void Udp_without_checksum_stays_without()
    {
        Assert.Equal(0, Checksum.ApplyUdp(0, Checksum.Difference((ushort)1, (ushort)2)));
        Assert.Equal(0xFFFF, Checksum.ApplyUdp(0xDD2F, Checksum.Difference((ushort)0x5555, (ushort)0x3285)));
        Assert.Equal(0x1233, Checksum.ApplyUdp(0x1234, Checksum.Difference((ushort)1, (ushort)2)));
    }

    [Fact]
    public void A_folded_delta_gives_the_same_bits_as_any_other() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<ushort>(),
            ArbMap.Default.ArbFor<Tuple<uint, uint>>(),
            (checksum, change) =>
            {
                uint delta = Checksum.Difference(change.Item1, change.Item2);
                ushort folded = Checksum.FoldDelta(delta);
                return Checksum.ApplyFolded(checksum, folded) == Checksum.Apply(checksum, delta)
                    && Checksum.ApplyFoldedUdp(checksum, folded) == Checksum.ApplyUdp(checksum, delta);
            }).Check(Thorough);

    [Fact]
    public void A_folded_delta_gives_the_same_bits_at_the_edges()
    {
        uint[] edges = [0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x1_0000, 0x1_FFFE, 0xFFFF_FFFF];
        foreach (uint delta in edges)
        {
            foreach (ushort checksum in edges.Where(e => e <= 0xFFFF).Select(e => (ushort)e))
            {
                ushort folded = Checksum.FoldDelta(delta);
                Assert.Equal(Checksum.Apply(checksum, delta), Checksum.ApplyFolded(checksum, folded));
                Assert.Equal(Checksum.ApplyUdp(checksum, delta), Checksum.ApplyFoldedUdp(checksum, folded));
            }
        }
    }

    private static ushort OfWords(ushort first, ushort second) =>
        Checksum.Compute([(byte)(first >> 8), (byte)first, (byte)(second >> 8), (byte)second]);

    private static uint NaiveSum(ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (uint)sum;
    }
}
