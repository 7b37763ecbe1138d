using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class BfdPacketTests
{
    [Fact]
    public void A_packet_is_read_and_written()
    {
        const string bytes = "23 e0 03 18 00000011 00000022 000493e0 0007a120 00000000";
        var packet = HeaderAssert.Read<BfdPacket>(bytes);
        Assert.Equal((1, BfdDiagnostic.NeighborSignaledDown), (packet.Version, packet.Diagnostic));
        Assert.Equal((BfdState.Up, true, false), (packet.State, packet.IsPoll, packet.IsFinal));
        Assert.Equal((3, 24), (packet.DetectMultiplier, packet.PacketLength));
        Assert.Equal((0x11u, 0x22u), (packet.MyDiscriminator, packet.YourDiscriminator));
        Assert.Equal((300_000u, 500_000u, 0u), (packet.DesiredMinTx, packet.RequiredMinRx, packet.RequiredMinEchoRx));
        HeaderAssert.Writes(
            new BfdPacket(
                BfdState.Up, BfdDiagnostic.NeighborSignaledDown, true, false, 3, 0x11, 0x22, 300_000, 500_000),
            bytes);
    }

    [Theory]
    [InlineData("00", BfdState.AdminDown, "")]
    [InlineData("40", BfdState.Down, "")]
    [InlineData("80", BfdState.Init, "")]
    [InlineData("c0", BfdState.Up, "")]
    [InlineData("60", BfdState.Down, "P")]
    [InlineData("50", BfdState.Down, "F")]
    [InlineData("48", BfdState.Down, "")] // Control plane independent says nothing to this one.
    [InlineData("44", BfdState.Down, "A")]
    [InlineData("42", BfdState.Down, "D")]
    [InlineData("41", BfdState.Down, "M")]
    public void State_and_flags_have_their_bits(string bits, BfdState state, string flags)
    {
        var packet = HeaderAssert.Read<BfdPacket>($"ff {bits} ff1c 00000001 00000002 00000003 00000004 00000005");
        string found = (packet.IsPoll ? "P" : "") + (packet.IsFinal ? "F" : "") + (packet.IsAuthenticated ? "A" : "")
            + (packet.IsDemand ? "D" : "") + (packet.IsMultipoint ? "M" : "");
        Assert.Equal((state, flags), (packet.State, found));
        Assert.Equal((7, 31), (packet.Version, (int)packet.Diagnostic));
        Assert.Equal((255, 28), (packet.DetectMultiplier, packet.PacketLength));
        Assert.Equal(5u, packet.RequiredMinEchoRx);
    }
}
