using System.Buffers.Binary;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Translation there and back is the identity; a packet with its ends swapped is its own reply.</summary>
public sealed class NatRoundTripTests
{
    private const int Packets = 2000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_the_far_end_sends_straight_back_arrives_as_what_was_sent(int seed)
    {
        var random = new Random(seed);
        using var bench = new SwitchBench(
            On("a", "static", 10, Out(Rule("x", Nat(destination: "10.0.0.2"), To("192.0.2.0/24")),
                Rule("x6", Nat(destination: "fd00::2"), To("2001:db8::/32")))),
            On("a", "pool", 20, Out(Rule("y", Pool("203.0.113.1-203.0.113.3", 1024, 65535), To("10.0.0.2")),
                Rule("y6", Pool("fd99::1-fd99::3", 1024, 65535), To("fd00::2")))),
            On("a", "port", 30, Out(
                Rule("t", Nat(destinationPort: 4433), Tcp("443")), Rule("u", Nat(destinationPort: 5353), Udp("53")))));
        for (int i = 0; i < Packets; i++)
        {
            byte[] sent = Packet(random);
            byte[] arrived = bench.Send("a", sent).AssertForwarded("b").Frame;
            Assert.True(IsIpChecksumRight(arrived), Hex.Text(arrived));
            byte[] returned = bench.Send("b", Swapped(arrived)).AssertForwarded("a").Frame;

            // On the way there the frame got the far end's MAC address; it is not taken away on the way back.
            byte[] expected = Swapped(sent);
            Mac(SwitchBench.MacB).CopyTo(expected, 6);
            Assert.Equal(Hex.Text(expected), Hex.Text(returned));
        }
    }

    private static byte[] Packet(Random random)
    {
        bool isV6 = random.Next(2) == 0;
        FrameBuilder ethernet = FrameBuilder.Ethernet(SwitchBench.MacA, "02:00:00:00:00:64");
        FrameBuilder ip = isV6
            ? ethernet.Ipv6("fd00::1", $"2001:db8::{random.Next(1, 0xFFFF):x}", trafficClass: (byte)random.Next(256))
            : ethernet.Ipv4(
                "10.0.0.1", $"192.0.2.{random.Next(1, 255)}", tos: (byte)random.Next(256), id: random.Next(65536));
        int source = random.Next(1, 65536);
        int? wrong = random.Next(4) == 0 ? random.Next(1, 0xFFFF) : null;
        FrameBuilder transport = random.Next(4) switch
        {
            0 => ip.Tcp(source, Pick(random, 80, 443), TcpFlags.Syn, checksum: wrong),
            1 => ip.Udp(source, Pick(random, 53, 4000), checksum: random.Next(8) == 0 ? 0 : wrong),
            2 => ip.Sctp(source, 3868),
            _ => isV6 ? ip.Icmpv6EchoRequest(source, 1) : ip.IcmpEchoRequest(source, 1),
        };
        byte[] payload = new byte[random.Next(0, 40)];
        random.NextBytes(payload);
        return transport.Payload(payload).Build();
    }

    /// <summary>The frame with both ends changed about: checksums stay, since sums do not know of order.</summary>
    private static byte[] Swapped(byte[] frame)
    {
        byte[] swapped = [.. frame];
        bool isV6 = frame[12] == 0x86;
        Swap(swapped, 0, 6, 6);
        Swap(swapped, isV6 ? 22 : 26, isV6 ? 38 : 30, isV6 ? 16 : 4);
        int transport = isV6 ? 54 : 34;
        byte protocol = frame[isV6 ? 20 : 23];
        if (protocol is 1 or 58)
        {
            // A reply's type is 8 or 1 less or more, in the high byte of a word.
            byte type = protocol == 1 ? (byte)0 : (byte)129;
            int delta = (type - frame[transport]) << 8;
            int sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(transport + 2)) + delta;
            sum = sum < 0 ? sum + 0xFFFF : (sum & 0xFFFF) + (sum >> 16);
            swapped[transport] = type;
            BinaryPrimitives.WriteUInt16BigEndian(swapped.AsSpan(transport + 2), (ushort)~sum);
        }
        else
        {
            Swap(swapped, transport, transport + 2, 2);
        }

        return swapped;
    }

    private static void Swap(byte[] bytes, int first, int second, int length)
    {
        byte[] kept = bytes[first..(first + length)];
        bytes.AsSpan(second, length).CopyTo(bytes.AsSpan(first));
        kept.CopyTo(bytes, second);
    }

    private static bool IsIpChecksumRight(byte[] frame) =>
        frame[12] == 0x86 || FrameBuilder.InternetChecksum(frame.AsSpan(14, 20)) == 0;

    private static byte[] Mac(string text) => MacBytes(text.Split(':'));

    private static byte[] MacBytes(string[] parts) => [.. parts.Select(p => Convert.ToByte(p, 16))];

    private static int Pick(Random random, params int[] values) => values[random.Next(values.Length)];
}
