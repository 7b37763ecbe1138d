using System.Text;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Tests.Ports.Captures;

/// <summary>A packet copied out of a reader, with everything that was read of it.</summary>
internal sealed record ReadPacket(
    byte[] Data,
    long TimestampNs,
    bool HasTimestamp,
    int OriginalLength,
    int InterfaceIndex,
    string[] Comments,
    PacketDirection Direction,
    ulong? PacketId,
    uint? Queue)
{
    public static ReadPacket From(in CapturedPacket packet)
    {
        List<string> comments = [];
        foreach (PcapngOption option in packet.Options)
        {
            if (option.Code == PcapngOption.Comment)
            {
                comments.Add(Encoding.UTF8.GetString(option.Value));
            }
        }

        return new ReadPacket(
            packet.Data.ToArray(),
            packet.TimestampNs,
            packet.HasTimestamp,
            packet.OriginalLength,
            packet.InterfaceIndex,
            [.. comments],
            packet.Direction,
            packet.PacketId,
            packet.Queue);
    }

    /// <summary>Reads to the end or to the fault, which may come when opening.</summary>
    public static (List<ReadPacket> Packets, CaptureFormatException? Fault) ReadAll(
        Stream stream, CaptureReaderOptions? options = null, List<CaptureInterface>? interfaces = null)
    {
        List<ReadPacket> packets = [];
        try
        {
            using CaptureReader reader = CaptureReader.Open(stream, "test", options);
            try
            {
                while (reader.TryRead(out CapturedPacket packet))
                {
                    packets.Add(From(in packet));
                }
            }
            finally
            {
                interfaces?.AddRange(reader.Interfaces);
            }

            return (packets, null);
        }
        catch (CaptureFormatException fault)
        {
            return (packets, fault);
        }
    }

    public static (List<ReadPacket> Packets, CaptureFormatException? Fault) ReadAll(
        byte[] file, CaptureReaderOptions? options = null, List<CaptureInterface>? interfaces = null) =>
        ReadAll(new MemoryStream(file), options, interfaces);

    public static List<ReadPacket> ReadWhole(byte[] file, List<CaptureInterface>? interfaces = null)
    {
        (List<ReadPacket> packets, CaptureFormatException? fault) = ReadAll(file, options: null, interfaces);
        return fault is null ? packets : throw fault;
    }

    public bool Equals(ReadPacket? other) =>
        other is not null
        && Data.AsSpan().SequenceEqual(other.Data)
        && Comments.AsSpan().SequenceEqual(other.Comments)
        && (TimestampNs, HasTimestamp, OriginalLength, InterfaceIndex, Direction, PacketId, Queue)
            == (other.TimestampNs, other.HasTimestamp, other.OriginalLength, other.InterfaceIndex, other.Direction,
                other.PacketId, other.Queue);

    public override int GetHashCode() => HashCode.Combine(TimestampNs, OriginalLength, InterfaceIndex);
}
