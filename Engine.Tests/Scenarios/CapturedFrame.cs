using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Ports.Captures;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>A frame of a capture with the name of its interface.</summary>
internal sealed record CapturedFrame(string Interface, long TimeNs, byte[] Bytes, string Comment, ulong? PacketId)
{
    /// <summary>Reads a whole capture.</summary>
    public static IReadOnlyList<CapturedFrame> ReadAll(byte[] capture)
    {
        List<CaptureInterface> interfaces = [];
        List<ReadPacket> packets = ReadPacket.ReadWhole(capture, interfaces);
        return
        [
            .. packets.Select(p => new CapturedFrame(
                interfaces[p.InterfaceIndex].ToString(),
                p.TimestampNs,
                p.Data,
                string.Join(" | ", p.Comments),
                p.PacketId)),
        ];
    }
}
