using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

public sealed class CaptureMergeTests
{
    [Fact]
    public void Packets_come_by_time_and_at_equal_times_by_file()
    {
        Assert.Equal(
            [(0, 1), (1, 1), (2, 1), (1, 2), (0, 3), (1, 3)],
            Merge([File(1, 3), File(1, 2, 3), File(1)]));
    }

    [Fact]
    public void A_file_is_never_reordered_inside()
    {
        Assert.Equal(
            [(1, 4), (0, 5), (0, 1), (1, 6), (1, 2), (0, 7)],
            Merge([File(5, 1, 7), File(4, 6, 2)]));
    }

    [Fact]
    public void Merging_equals_picking_the_earliest_head_again_and_again()
    {
        Gen<List<List<uint>>> files =
            from lists in Gen.Choose(0, 6).Select(t => (uint)t).ListOf().ListOf()
            select lists.Select(l => l.ToList()).ToList();

        Prop.ForAll(files.ToArbitrary(), times =>
        {
            List<(int, int)> expected = [];
            List<Queue<uint>> queues = [.. times.Select(t => new Queue<uint>(t))];
            while (queues.Any(q => q.Count > 0))
            {
                int first = Enumerable.Range(0, queues.Count).Where(i => queues[i].Count > 0)
                    .MinBy(i => queues[i].Peek());
                expected.Add((first, (int)queues[first].Dequeue()));
            }

            Assert.Equal(expected, Merge([.. times.Select(t => File([.. t]))]));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void A_file_that_fails_gives_its_whole_packets_and_the_others_go_on()
    {
        byte[] cut = File(1, 4, 5)[..^1];
        using var merge = new CaptureMerge([Source(cut), Source(File(2, 6)), Failing(File(3, 7))]);

        List<(int, int)> packets = ReadAll(merge);

        Assert.Equal([(0, 1), (1, 2), (2, 3), (0, 4), (1, 6), (2, 7)], packets);
        Assert.Equal([0, 2], merge.Faults.Select(f => f.SourceIndex));
        Assert.Equal(cut.Length - 16, Assert.IsType<CaptureFormatException>(merge.Faults[0].Error).Offset);
        Assert.Equal("the disk is gone", merge.Faults[1].Error.Message);
        Assert.False(merge.TryRead(out int source, out _));
        Assert.Equal(-1, source);
    }

    [Fact]
    public void Only_accepted_interfaces_take_part()
    {
        var file = new CaptureBytes();
        file.Section().Interface(options: file.Option(2, "a"u8.ToArray()))
            .Interface(options: file.Option(2, "b"u8.ToArray()))
            .Enhanced(0, 1_000_000, [1]).Enhanced(1, 2_000_000, [2]).Enhanced(0, 3_000_000, [3])
            .Enhanced(1, 4_000_000, [4]);
        using var merge = new CaptureMerge(
            [Source(file.ToArray(), i => i.Name == "b"), Source(file.ToArray(), i => i.Name == "a")]);

        Assert.Equal([(1, 1), (0, 2), (1, 3), (0, 4)], ReadAll(merge));
        Assert.Empty(merge.Faults);
    }

    [Fact]
    public void Nothing_merges_to_nothing()
    {
        Assert.Empty(Merge([]));
        Assert.Empty(Merge([File(), File()]));
    }

    [Fact]
    public void Disposing_closes_every_stream()
    {
        var stream = new MemoryStream(File(1));
        new CaptureMerge([new CaptureSource(CaptureReader.Open(stream, "test"))]).Dispose();

        Assert.False(stream.CanRead);
    }

    private static List<(int Source, int Seconds)> Merge(byte[][] files)
    {
        using var merge = new CaptureMerge(files.Select(f => Source(f)));
        return ReadAll(merge);
    }

    private static List<(int Source, int Seconds)> ReadAll(CaptureMerge merge)
    {
        List<(int, int)> packets = [];
        while (merge.TryRead(out int source, out CapturedPacket packet))
        {
            Assert.Equal(packet.TimestampNs / 1_000_000_000, packet.Data[0]);
            packets.Add((source, packet.Data[0]));
        }

        return packets;
    }

    private static CaptureSource Source(byte[] file, Predicate<CaptureInterface>? accepts = null) =>
        new(CaptureReader.Open(new MemoryStream(file), "test"), accepts);

    private static CaptureSource Failing(byte[] file) => new(CaptureReader.Open(new FailingStream(file), "test"));

    private static byte[] File(params uint[] seconds)
    {
        CaptureBytes file = new CaptureBytes().PcapHeader();
        foreach (uint second in seconds)
        {
            file.Record(second, 0, [(byte)second]);
        }

        return file.ToArray();
    }
}
