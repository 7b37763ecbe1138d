using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

public sealed class CaptureAllocationTests
{
    private const int PacketsInManyBuffers = 20_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reading_allocates_nothing_after_the_first_packets(bool isPcapng)
    {
        using CaptureReader reader = Open(isPcapng, long.MaxValue);

        Allocations.AssertNone(() => Assert.True(reader.TryRead(out _)), PacketsInManyBuffers);
    }

    [Theory]
    [InlineData(CaptureFormat.Pcap)]
    [InlineData(CaptureFormat.PcapNanoseconds)]
    [InlineData(CaptureFormat.Pcapng)]
    public void Writing_allocates_nothing_after_the_first_packets(CaptureFormat format)
    {
        using CaptureWriter writer = CaptureWriter.Create(Stream.Null, format);
        writer.AddInterface("a", LinkType.Ethernet);

        Allocations.AssertNone(() => WriteOne(writer), PacketsInManyBuffers);
    }

    [Fact]
    public void Merging_allocates_nothing_after_the_first_packets()
    {
        using var merge = new CaptureMerge(
            [new(Open(isPcapng: false, long.MaxValue)), new(Open(isPcapng: true, long.MaxValue), _ => true)]);

        Allocations.AssertNone(() => Assert.True(merge.TryRead(out _, out _)), PacketsInManyBuffers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_hundred_megabytes_are_read_in_the_memory_of_one_buffer(bool isPcapng)
    {
        const int Count = 140_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        using CaptureReader reader = Open(isPcapng, Count, dataLength: 1500);

        int read = 0;
        while (reader.TryRead(out CapturedPacket packet))
        {
            Assert.True(packet.Data[0] == 42 && packet.Data.Length == 1500);
            read++;
        }

        Assert.Equal(Count, read);

        Assert.InRange(reader.Offset, 200_000_000, 250_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 256 * 1024, 512 * 1024);
    }

    private static void WriteOne(CaptureWriter writer)
    {
        ReadOnlySpan<byte> kept = [1, 0, 2, 0, (byte)'h', (byte)'i', 0, 0];
        writer.Write(0, 1, kept, 60, new PacketAnnotations
        {
            CommentsFrom = new PcapngOptions(kept, isBigEndian: false),
            Comment = "forwarded"u8,
            Direction = PacketDirection.Inbound,
            PacketId = 7,
            Queue = 1,
        });
    }

    private static CaptureReader Open(bool isPcapng, long count, int dataLength = 61)
    {
        byte[] data = new byte[dataLength];
        data[0] = 42;
        var head = new CaptureBytes();
        var repeated = new CaptureBytes();
        if (isPcapng)
        {
            head.Section().Interface();
            repeated.Enhanced(0, 1, data, options: repeated.Option(1, 104, 105));
        }
        else
        {
            head.PcapHeader();
            repeated.Record(1, 0, data);
        }

        return CaptureReader.Open(new RepeatingStream(head.ToArray(), repeated.ToArray(), count), "test");
    }
}
