using VxlanEngine.Packets;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Packets;

/// <summary>What holds for every parsed frame, whatever the bytes were.</summary>
internal static class ParsedFrameAssert
{
    /// <summary>Checks offsets and the fields that depend on each other.</summary>
    /// <param name="frame">The result of a parse, good or bad.</param>
    /// <param name="reason">What the parse returned.</param>
    /// <param name="start">Where the frame starts.</param>
    /// <param name="end">Where the bytes end that the parser was given.</param>
    public static void HoldsTogether(in ParsedFrame frame, DropReason reason, int start, int end)
    {
        bool isOrdered = start == frame.L2Offset
            && frame.L2Offset <= frame.L3Offset
            && frame.L3Offset <= frame.L4Offset
            && frame.L4Offset <= frame.PayloadOffset
            && frame.PayloadOffset <= frame.L3End
            && frame.L3End <= frame.FrameEnd
            && frame.FrameEnd == end;
        bool hasFragmentHeaderInside = frame.FragmentHeaderOffset == 0
            || (frame.Family == IpFamily.V6
                && frame.FragmentHeaderOffset >= frame.L3Offset + 40
                && frame.FragmentHeaderOffset + 8 <= frame.L4Offset);
        bool isFamilyRight = reason != DropReason.None || frame.EtherType switch
        {
            EtherType.Ipv4 => frame.Family == IpFamily.V4,
            EtherType.Ipv6 => frame.Family == IpFamily.V6,
            _ => frame.Family == IpFamily.None,
        };
        bool isTransportRight = frame.HasTransport
            ? frame.Fragment != FragmentKind.Later && frame.PayloadOffset >= frame.L4Offset + 4
            : frame.PayloadOffset == frame.L4Offset && (frame.SourcePort | frame.DestinationPort) == 0;
        bool hasIdentification = frame.FragmentId == 0
            || frame.Fragment != FragmentKind.None;
        if (!(isOrdered && hasFragmentHeaderInside && isFamilyRight && isTransportRight && hasIdentification
            && frame.VlanCount <= PacketParser.MaxVlanTags))
        {
            Assert.Fail($"{reason}: {frame.L2Offset} {frame.L3Offset} {frame.L4Offset} {frame.PayloadOffset} "
                + $"{frame.L3End} {frame.FrameEnd}; fragment header {frame.FragmentHeaderOffset}, {frame.EtherType}, "
                + $"{frame.Family}, {frame.Protocol}, {frame.Fragment}, transport {frame.HasTransport}");
        }
    }
}
