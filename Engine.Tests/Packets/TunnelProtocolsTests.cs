using VxlanEngine.Packets;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Packets;

/// <summary>How the headers of each kind of tunnel are read and written.</summary>
public sealed class TunnelProtocolsTests
{
    private const uint VniValue = 5001;

    public static TheoryData<TunnelKind> Kinds => [.. TunnelProtocols.All.Select(p => p.Kind)];

    // What stands behind the UDP header, and why it is dropped.
    [Theory]
    [InlineData(TunnelKind.Geneve, "0000 6558 00138900", DropReason.None)]
    [InlineData(TunnelKind.Geneve, "003f 6558 001389ff", DropReason.None)] // Reserved bits are ignored.
    [InlineData(TunnelKind.Geneve, "0200 6558 00138900 01020301deadbeef", DropReason.None)]
    [InlineData(TunnelKind.Geneve, "0200 6558 00138900 ffff8001deadbeef", DropReason.None)] // The C bit decides.
    [InlineData(TunnelKind.Geneve, "0240 6558 00138900 ffff8001deadbeef", DropReason.GeneveCriticalOption)]
    [InlineData(TunnelKind.Geneve, "0040 6558 00138900", DropReason.GeneveCriticalOption)]
    [InlineData(TunnelKind.Geneve, "0080 6558 00138900", DropReason.TunnelControlPacket)]
    [InlineData(TunnelKind.Geneve, "00c0 6558 00138900", DropReason.GeneveCriticalOption)]
    [InlineData(TunnelKind.Geneve, "4000 6558 00138900", DropReason.GeneveInvalidHeader)]
    [InlineData(TunnelKind.Geneve, "ffff 6558 00138900", DropReason.GeneveInvalidHeader)]
    [InlineData(TunnelKind.Geneve, "0000 0800 00138900", DropReason.TunnelPayloadUnsupported)]
    [InlineData(TunnelKind.Geneve, "0000 86dd 00138900", DropReason.TunnelPayloadUnsupported)]
    [InlineData(TunnelKind.Geneve, "3f00 6558 00138900", DropReason.GeneveTruncated)]
    [InlineData(TunnelKind.VxlanGpe, "0c000003 00138900", DropReason.None)]
    [InlineData(TunnelKind.VxlanGpe, "ceffff03 001389ff", DropReason.None)] // R, B and reserved bits are ignored.
    [InlineData(TunnelKind.VxlanGpe, "08000000 00138900", DropReason.None)] // Without P it is VXLAN,
    [InlineData(TunnelKind.VxlanGpe, "08000001 00138900", DropReason.None)] // and what follows is no protocol.
    [InlineData(TunnelKind.VxlanGpe, "04000003 00138900", DropReason.VxlanInvalidHeader)]
    [InlineData(TunnelKind.VxlanGpe, "1c000003 00138900", DropReason.VxlanInvalidHeader)]
    [InlineData(TunnelKind.VxlanGpe, "3c000003 00138900", DropReason.VxlanInvalidHeader)]
    [InlineData(TunnelKind.VxlanGpe, "0d000003 00138900", DropReason.TunnelControlPacket)]
    [InlineData(TunnelKind.VxlanGpe, "0c000001 00138900", DropReason.TunnelPayloadUnsupported)] // IPv4
    [InlineData(TunnelKind.VxlanGpe, "0c000002 00138900", DropReason.TunnelPayloadUnsupported)] // IPv6
    [InlineData(TunnelKind.VxlanGpe, "0c000004 00138900", DropReason.TunnelPayloadUnsupported)] // NSH
    [InlineData(TunnelKind.VxlanGpe, "0c000000 00138900", DropReason.TunnelPayloadUnsupported)] // Reserved
    [InlineData(TunnelKind.VxlanGpe, "0c000005 00138900", DropReason.TunnelPayloadUnsupported)] // Unassigned
    [InlineData(TunnelKind.VxlanGpe, "0c000080 00138900", DropReason.TunnelPayloadUnsupported)] // A shim header
    [InlineData(TunnelKind.VxlanGpe, "0c0000ff 00138900", DropReason.TunnelPayloadUnsupported)]
    [InlineData(TunnelKind.VxlanGpe, "0e000003 00138900", DropReason.None)] // A copy for each VTEP.
    [InlineData(TunnelKind.Vxlan, "08000000 00138900", DropReason.None)]
    [InlineData(TunnelKind.Vxlan, "f7ffffff 00138900", DropReason.VxlanInvalidHeader)]
    [Trait("Scenario", "VD23")]
    public void Headers_are_read_or_dropped_for_a_reason(TunnelKind kind, string bytes, DropReason expected)
    {
        byte[] header = Hex.Bytes(bytes);
        DropReason reason = Open(kind, header, out TunnelHeader read, out ParsedFrame inner);

        Assert.Equal(expected, reason);
        Assert.Equal(expected == DropReason.None ? kind : TunnelKind.None, read.Kind);
        Assert.Equal(kind == TunnelKind.VxlanGpe && read.Kind == kind && (header[0] & 0x02) != 0, read.IsReplicated);
        Assert.Equal(expected == DropReason.None ? VniValue : 0, read.Vni.Value);
        Assert.Equal(expected == DropReason.None ? 14 + 20 + 8 + header.Length : 0, inner.L2Offset);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_header_that_is_not_whole_is_told(TunnelKind kind)
    {
        DropReason truncated = kind == TunnelKind.Geneve ? DropReason.GeneveTruncated : DropReason.VxlanTruncated;
        byte[] header = Hex.Bytes(kind switch
        {
            TunnelKind.Geneve => "0300 6558 00138900 010203020000000000000000",
            TunnelKind.VxlanGpe => "0c000003 00138900",
            _ => "08000000 00138900",
        });
        for (int length = 0; length < header.Length; length++)
        {
            byte[] frame = Outer().Udp(50000, PortOf(kind)).Payload(header[..length]).Padding(40).Build();
            PacketParser.ParseFrame(frame, 0, out ParsedFrame outer);
            Assert.Equal(
                truncated,
                PacketParser.ParseTunnel(frame, outer, TunnelProtocols.Of(kind)!, out TunnelHeader read, out _));
            Assert.Equal(default, read);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_is_read_again(TunnelKind kind)
    {
        ITunnelProtocol protocol = TunnelProtocols.Of(kind)!;
        Span<byte> bytes = stackalloc byte[protocol.HeaderLength];
        var writer = new PacketWriter(bytes);
        var header = new TunnelHeader { Kind = kind, Vni = new Vni(VniValue) };
        protocol.Write(ref writer, header);

        Assert.Equal(protocol.HeaderLength, writer.Offset);
        Assert.Equal(protocol.HeaderLength, protocol.LengthOf(bytes));
        Assert.Equal(DropReason.None, Open(kind, bytes.ToArray(), out TunnelHeader read, out _));
        Assert.Equal(header, read);
    }

    [Fact]
    public void Options_count_to_the_length_of_a_geneve_header() => Assert.Equal(
        [260, 12, 8, 8],
        new[] { "3f00 6558 00138900", "0100 6558 00138900", "0000 6558 00138900", "3f00" }
            .Select(h => TunnelProtocols.Geneve.LengthOf(Hex.Bytes(h))));

    [Theory]
    [InlineData("88080007 00138900", 7, true, false)]
    [InlineData("88400000 00138900", 0, false, true)]
    [InlineData("8800ffff 00138900", 65535, false, false)]
    [InlineData("08480007 00138900", null, false, false)] // Without the G flag there is no group, and no A or D bit.
    [Trait("Scenario", "VD24")]
    public void A_group_is_read_by_those_who_were_told_of_it(string bytes, int? group, bool isApplied, bool dontLearn)
    {
        byte[] frame = Outer().Udp(50000, 4789).Payload(Hex.Bytes(bytes)).InnerEthernet().Payload(46).Build();
        PacketParser.ParseFrame(frame, 0, out ParsedFrame outer);

        DropReason reason = PacketParser.ParseTunnel(
            frame, outer, TunnelProtocols.VxlanGroupPolicy, out TunnelHeader read, out _);
        Assert.Equal((DropReason.None, dontLearn, 0UL), (reason, read.DontLearn, read.ReservedBits));
        Assert.Equal(group is { } id ? new GroupPolicy((ushort)id, isApplied) : null, read.Policy);

        Assert.Equal(DropReason.None, Open(TunnelKind.Vxlan, Hex.Bytes(bytes), out read, out _));
        Assert.Null(read.Policy);
        Assert.False(read.DontLearn);
        Assert.NotEqual(0UL, read.ReservedBits);
    }

    [Fact]
    public void Each_kind_has_its_own_port_and_name()
    {
        Assert.Equal(
            [
                (TunnelKind.Vxlan, "vxlan", 4789),
                (TunnelKind.VxlanGpe, "vxlan-gpe", 4790),
                (TunnelKind.Geneve, "geneve", 6081),
            ],
            TunnelProtocols.All.Select(p => (p.Kind, p.Name, (int)p.UdpPort)));
        Assert.All(TunnelProtocols.All, p => Assert.Same(p, TunnelProtocols.At(p.UdpPort)));
        Assert.Null(TunnelProtocols.At(4788));
        Assert.Null(TunnelProtocols.Of(TunnelKind.Nvgre));
        Assert.Equal("tunnel vni 0", default(TunnelHeader).ToString());
        Assert.Equal(
            "vxlan vni 9 group policy 7 applied",
            new TunnelHeader { Kind = TunnelKind.Vxlan, Vni = new Vni(9), Policy = new(7, true) }.ToString());
        Assert.Equal(
            "vxlan-gpe vni 9 replicated",
            new TunnelHeader { Kind = TunnelKind.VxlanGpe, Vni = new Vni(9), IsReplicated = true }.ToString());
    }

    private static ushort PortOf(TunnelKind kind) => TunnelProtocols.Of(kind)!.UdpPort;

    private static FrameBuilder Outer() => FrameBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");

    private static DropReason Open(TunnelKind kind, byte[] header, out TunnelHeader read, out ParsedFrame inner)
    {
        byte[] frame = Outer().Udp(50000, PortOf(kind)).Payload(header).InnerEthernet().Payload(46).Build();
        Assert.Equal(DropReason.None, PacketParser.ParseFrame(frame, 0, out ParsedFrame outer));
        Assert.Equal(kind, outer.Tunnel);
        return PacketParser.ParseTunnel(frame, outer, TunnelProtocols.Of(kind)!, out read, out inner);
    }
}
