using VxlanEngine.Ports.Offloads;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Tests.Pipeline;
using Xunit;

namespace VxlanEngine.Tests.Ports.Offloads;

/// <summary>What a glance calls whole is whole for who looks closely.</summary>
public sealed class PartialChecksumTests
{
    private static readonly byte[] Inner =
        FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Udp(1000, 2000).Payload(40).Build();

    private static readonly byte[] Tunnelled =
        FrameBuilder.Ethernet().Ipv4("172.31.0.1", "172.31.0.2").Vxlan(5).Payload(Inner).Build();

    [Fact]
    public void Plain_frames_and_plain_tunnel_packets_need_no_more_than_a_glance()
    {
        Assert.True(PartialChecksum.IsSurelyAbsent(Inner));
        Assert.True(PartialChecksum.IsSurelyAbsent(Tunnelled));
        Assert.True(PartialChecksum.IsSurelyAbsent(
            FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Tcp(1, 2).Payload(3).Build()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public void A_partial_one_is_suspected_outside_and_inside(int offset)
    {
        byte[] frame = offset == 0 ? [.. Inner] : [.. Tunnelled];
        WritePseudoSum(frame, offset);
        Assert.False(PartialChecksum.IsSurelyAbsent(frame));
        OffloadIntake.FinishUnannounced(frame);
        Assert.Equal(offset == 0 ? Inner : Tunnelled, frame);
    }

    [Fact]
    public void What_is_not_plain_is_looked_at()
    {
        Assert.False(PartialChecksum.IsSurelyAbsent([]));
        Assert.False(PartialChecksum.IsSurelyAbsent(Inner.AsSpan(0, 41)));
        byte[] ipv6 = FrameBuilder.Ethernet().Ipv6("fd00::1", "fd00::2").Udp(1, 2).Build();
        Assert.False(PartialChecksum.IsSurelyAbsent(ipv6));
        Assert.False(PartialChecksum.IsSurelyAbsent(Tunnelled.AsSpan(0, 60)));
        byte[] geneve = [.. Tunnelled];
        (geneve[36], geneve[37]) = (6081 >> 8, 6081 & 0xFF);
        Assert.False(PartialChecksum.IsSurelyAbsent(geneve));
    }

    [Fact]
    public void Damaged_frames_fare_the_same_either_way()
    {
        byte[] partialInside = [.. Tunnelled];
        WritePseudoSum(partialInside, 50);
        byte[] partial = [.. Inner];
        WritePseudoSum(partial, 0);
        byte[][] corpus = [.. FrameSamples.All.Values, Inner, Tunnelled, partial, partialInside];
        var mutator = new FrameMutator(seed: 11, corpus);
        int glances = 0;
        int changed = 0;
        for (int i = 0; i < 200_000; i++)
        {
            byte[] frame = mutator.Next();
            byte[] before = [.. frame];
            OffloadIntake.LookForUnannounced(frame);
            bool isAbsent = PartialChecksum.IsSurelyAbsent(before);
            glances += isAbsent ? 1 : 0;
            changed += frame.AsSpan().SequenceEqual(before) ? 0 : 1;
            if (isAbsent)
            {
                Assert.Equal(before, frame);
            }
        }

        Assert.True(glances > 10_000, $"{glances} were whole at a glance.");
        Assert.True(changed > 1000, $"{changed} had a partial checksum.");
    }

    private static void WritePseudoSum(byte[] frame, int offset)
    {
        int length = frame.Length - offset - 34;
        byte[] pseudo = [.. frame[(offset + 26)..(offset + 34)], 0, 17, (byte)(length >> 8), (byte)length];
        int sum = ~FrameBuilder.InternetChecksum(pseudo) & 0xFFFF;
        (frame[offset + 40], frame[offset + 41]) = ((byte)(sum >> 8), (byte)sum);
    }
}
