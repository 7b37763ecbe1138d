using VxlanEngine.Overlay;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Wire.BfdAuthenticationType;

namespace VxlanEngine.Tests.Overlay;

/// <summary>Authentication sections: what is written, and what is taken (RFC 5880 §6.7).</summary>
public sealed class BfdAuthenticatorTests
{
    private const long Second = 1_000_000_000;
    private const string Plain = "20 c0 03 18 00000011 00000022 000493e0 0007a120 00000000";

    private static readonly BfdPacket Packet = PacketOf(Hex.Bytes(Plain));

    public static TheoryData<BfdAuthenticationType> Types =>
        [SimplePassword, KeyedMd5, MeticulousKeyedMd5, KeyedSha1, MeticulousKeyedSha1];

    public static TheoryData<BfdAuthenticationType> DigestTypes =>
        [KeyedMd5, MeticulousKeyedMd5, KeyedSha1, MeticulousKeyedSha1];

    // Digests by another implementation of MD5 and SHA-1, over the packet with the key in the digest's place.
    [Theory]
    [InlineData(SimplePassword, "20 c4 03 27 00000011 00000022 000493e0 0007a120 00000000 01 0f 07 "
        + "76786c616e2d736563726574")]
    [InlineData(KeyedMd5, "20 c4 03 30 00000011 00000022 000493e0 0007a120 00000000 02 18 07 00 fffffffe "
        + "33cc3f761201efa507e59083f5453a26")]
    [InlineData(KeyedSha1, "20 c4 03 34 00000011 00000022 000493e0 0007a120 00000000 04 1c 07 00 fffffffe "
        + "cefc5f20de9557bea6b0e89778883e950462bd78")]
    public void Known_sections_are_written_and_taken(BfdAuthenticationType type, string digits)
    {
        byte[] bytes = Write(Make(type, sequence: 0xFFFF_FFFE), Packet);
        Assert.Equal(Hex.Text(Hex.Bytes(digits)), Hex.Text(bytes));
        Assert.Equal(DropReason.None, Check(Make(type), bytes));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Each_type_is_written_as_the_rfc_says(BfdAuthenticationType type) => Assert.Equal(
        Hex.Text(BfdProof.Signed(Hex.Bytes(Plain), type, 7, "vxlan-secret", 41)),
        Hex.Text(Write(Make(type, sequence: 41), Packet)));

    [Fact]
    public void Without_authentication_a_packet_stays_as_it_is()
    {
        var none = new BfdAuthenticator(1);
        Assert.Equal(Hex.Text(Hex.Bytes(Plain)), Hex.Text(Write(none, Packet)));
        Assert.Equal(DropReason.None, Check(none, Hex.Bytes(Plain)));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Who_is_authenticated_takes_nothing_else_and_who_is_not_takes_nothing_authenticated(
        BfdAuthenticationType type)
    {
        byte[] right = Signed(type, 1);
        Assert.Equal(DropReason.BfdNotAuthenticated, Check(Make(type), Hex.Bytes(Plain)));
        Assert.Equal(DropReason.BfdAuthenticated, Check(new BfdAuthenticator(1), right));
        BfdAuthenticationType other = type == KeyedSha1 ? MeticulousKeyedSha1 : KeyedSha1;
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(Make(type), Signed(other, 1)));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_bit_of_the_packet_counts(BfdAuthenticationType type)
    {
        byte[] right = Signed(type, 1);
        int from = type == SimplePassword ? BfdPacket.Length : 0; // A password says nothing of the packet.
        for (int bit = from * 8; bit < right.Length * 8; bit++)
        {
            if (bit == (8 * 1) + 5 || bit / 8 == 3)
            {
                continue; // The A flag and the length say that there is a section at all.
            }

            byte[] wrong = [.. right];
            wrong[bit / 8] ^= (byte)(0x80 >> (bit % 8));
            Assert.Equal(DropReason.BfdAuthenticationFailed, Check(Make(type), wrong));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_section_of_another_length_is_refused(BfdAuthenticationType type)
    {
        byte[] right = Signed(type, 1);
        byte[] longer = [.. right, 0];
        longer[3]++;
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(Make(type), longer));
        longer[25]++; // Its own length too.
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(Make(type), longer));
        byte[] shorter = right[..^1];
        (shorter[3], shorter[25]) = ((byte)shorter.Length, (byte)(shorter.Length - 24));
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(Make(type), shorter));
        byte[] two = right[..26];
        (two[3], two[25]) = (26, 2);
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(Make(type), two));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Any_key_is_taken_and_the_first_one_is_sent_with(BfdAuthenticationType type)
    {
        BfdAuthenticator both = Make(type, 1, (7, "vxlan-secret"), (8, "another one"));
        Assert.Equal(7, Write(both, Packet)[26]);
        Assert.Equal(DropReason.None, Check(both, Signed(type, 1)));
        Assert.Equal(DropReason.None, Check(both, Signed(type, 2, 8, "another one")));
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(both, Signed(type, 3, 9, "another one")));
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(both, Signed(type, 3, 8)));
        both.Configure(Of(type, (8, "another one")));
        Assert.Equal(8, Write(both, Packet)[26]);
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(both, Signed(type, 3)));
    }

    [Theory]
    [InlineData(KeyedMd5, "10 10 11 19 28", "18")] // RcvAuthSeq to RcvAuthSeq + 3 × Detect Mult.
    [InlineData(KeyedSha1, "10 10 11 19 28", "27 38")]
    [InlineData(MeticulousKeyedMd5, "10 11 20 29", "29 28 39")]
    [InlineData(MeticulousKeyedSha1, "10 11 20 29", "29 28 39")]
    [InlineData(MeticulousKeyedSha1, "4294967294 4294967295 0 9", "9 4294967295")] // In a circle.
    public void Sequence_numbers_go_on_and_not_too_far(BfdAuthenticationType type, string taken, string refused)
    {
        BfdAuthenticator authenticator = Make(type);
        foreach (string number in taken.Split(' '))
        {
            Assert.Equal(DropReason.None, Check(authenticator, Signed(type, uint.Parse(number))));
        }

        foreach (string number in refused.Split(' '))
        {
            Assert.Equal(DropReason.BfdSequenceInvalid, Check(authenticator, Signed(type, uint.Parse(number))));
        }
    }

    [Theory]
    [MemberData(nameof(DigestTypes))]
    public void A_wrong_digest_moves_no_sequence_number(BfdAuthenticationType type)
    {
        BfdAuthenticator authenticator = Make(type);
        Assert.Equal(DropReason.None, Check(authenticator, Signed(type, 100)));
        Assert.Equal(DropReason.BfdAuthenticationFailed, Check(authenticator, Signed(type, 109, secret: "guessed")));
        Assert.Equal(DropReason.None, Check(authenticator, Signed(type, 101)));
    }

    [Theory]
    [MemberData(nameof(DigestTypes))]
    public void Who_was_silent_for_twice_the_detection_time_may_begin_anew(BfdAuthenticationType type)
    {
        BfdAuthenticator authenticator = Make(type);
        Assert.Equal(DropReason.None, Check(authenticator, Signed(type, 1000), 0));
        Assert.Equal(DropReason.BfdSequenceInvalid, Check(authenticator, Signed(type, 5), (2 * Second) - 1));
        Assert.Equal(DropReason.None, Check(authenticator, Signed(type, 5), 2 * Second));
        Assert.Equal(DropReason.BfdSequenceInvalid, Check(authenticator, Signed(type, 1001), 2 * Second));
    }

    [Theory]
    [InlineData(KeyedMd5, "5 5 6 6")]
    [InlineData(KeyedSha1, "5 5 6 6")]
    [InlineData(MeticulousKeyedMd5, "5 6 7 8")]
    [InlineData(MeticulousKeyedSha1, "5 6 7 8")]
    public void A_number_is_repeated_only_where_it_may_be_and_the_packet_is_the_same(
        BfdAuthenticationType type, string numbers)
    {
        BfdAuthenticator authenticator = Make(type, sequence: 5);
        BfdPacket other = PacketOf(Hex.Bytes(Plain.Replace("c0 03", "80 03", StringComparison.Ordinal)));
        string sent = string.Join(
            ' ', new[] { Packet, Packet, other, other }.Select(p => Write(authenticator, p)[31]));
        Assert.Equal(numbers, sent);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_packet()
    {
        foreach (BfdAuthenticationType type in new[] { SimplePassword, MeticulousKeyedMd5, MeticulousKeyedSha1 })
        {
            BfdAuthenticator sender = Make(type);
            BfdAuthenticator receiver = Make(type);
            byte[] bytes = new byte[BfdAuthenticator.MaxLength];
            Allocations.AssertNone(() =>
            {
                int length = sender.Write(Packet, bytes);
                Assert.True(Check(receiver, bytes.AsSpan(0, length)) == DropReason.None);
            });
        }
    }

    [Fact]
    public void A_secret_may_be_any_bytes()
    {
        BfdAuthenticator text = Make(KeyedSha1, 5, (7, "AB"));
        BfdAuthenticator hex = Make(KeyedSha1, 5, (7, "0x4142"));
        Assert.Equal(Hex.Text(Write(text, Packet)), Hex.Text(Write(hex, Packet)));
    }

    private static BfdAuthentication Of(BfdAuthenticationType type, params (byte Id, string Secret)[] keys) => new()
    {
        Type = type,
        Keys = keys.Select(k => new BfdKey { Id = k.Id, Secret = k.Secret }).ToValueArray(),
    };

    private static BfdAuthenticator Make(
        BfdAuthenticationType type, uint sequence = 1, params (byte Id, string Secret)[] keys)
    {
        var authenticator = new BfdAuthenticator(sequence);
        authenticator.Configure(Of(type, keys.Length == 0 ? [(7, "vxlan-secret")] : keys));
        return authenticator;
    }

    private static byte[] Signed(
        BfdAuthenticationType type, uint sequence, byte id = 7, string secret = "vxlan-secret") =>
        BfdProof.Signed(Hex.Bytes(Plain), type, id, secret, sequence);

    private static byte[] Write(BfdAuthenticator authenticator, in BfdPacket packet)
    {
        byte[] bytes = new byte[BfdAuthenticator.MaxLength];
        return bytes[..authenticator.Write(packet, bytes)];
    }

    private static DropReason Check(BfdAuthenticator authenticator, ReadOnlySpan<byte> bytes, long nowNs = 0) =>
        authenticator.Check(bytes, PacketOf(bytes), nowNs, Second);

    private static BfdPacket PacketOf(ReadOnlySpan<byte> bytes)
    {
        Assert.True(new PacketReader(bytes).TryRead(out BfdPacket packet));
        return packet;
    }
}
