using System.Text;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Ports.Captures;

public sealed class CaptureReaderDamageTests
{
    public static TheoryData<int> Samples => [.. Enumerable.Range(0, SampleCaptures.Count)];

    [Fact]
    public void The_number_of_samples_is_right() => Assert.Equal(SampleCaptures.Count, SampleCaptures.All.Count);

    [Theory]
    [MemberData(nameof(Samples))]
    [Trait("Scenario", "MF12")]
    public void A_file_cut_at_any_byte_yields_its_whole_packets_and_then_says_where(int sample)
    {
        CaptureBytes file = SampleCaptures.All[sample];
        byte[] bytes = file.ToArray();
        List<ReadPacket> whole = ReadPacket.ReadWhole(bytes);
        for (int length = 0; length < bytes.Length; length++)
        {
            (List<ReadPacket> packets, CaptureFormatException? fault) = ReadPacket.ReadAll(bytes[..length]);

            (int end, int count) = file.Boundaries.LastOrDefault(b => b.End <= length);
            Assert.Equal(whole.Take(count), packets);
            if (end == length && length > 0)
            {
                Assert.Null(fault);
            }
            else
            {
                Assert.NotNull(fault);
                Assert.Equal(end, fault.Offset);
                Assert.Equal("test", fault.Name);
                Assert.StartsWith($"test: byte {end}: the file ", fault.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_pipe_that_brings_few_bytes_at_a_time_reads_the_same(int sample)
    {
        byte[] bytes = SampleCaptures.All[sample].ToArray();

        (List<ReadPacket> packets, CaptureFormatException? fault) = ReadPacket.ReadAll(
            new DribblingStream(bytes), new CaptureReaderOptions { BufferLength = 64 });

        Assert.Null(fault);
        Assert.Equal(ReadPacket.ReadWhole(bytes), packets);
    }

    [Fact]
    public void A_fault_is_told_again_by_every_further_read()
    {
        byte[] bytes = new CaptureBytes().PcapHeader().Record(1, 0, [1]).Raw(1, 2, 3).ToArray();
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(bytes), "test");
        Assert.True(reader.TryRead(out _));

        var first = Assert.Throws<CaptureFormatException>(() => reader.TryRead(out _));
        var second = Assert.Throws<CaptureFormatException>(() => reader.TryRead(out _));

        Assert.Same(first, second);
        Assert.True(reader.Current.Data.IsEmpty);
        Assert.Equal(41, reader.Offset);
    }

    [Fact]
    [Trait("Scenario", "MF12")]
    public void What_is_no_capture_is_refused_with_the_reason()
    {
        AssertFault([], "the file is empty");
        AssertFault([0xD4, 0xC3], "ends inside its magic number");
        AssertFault(Encoding.ASCII.GetBytes("hello, world"), "not a pcap or pcapng file: it begins with 0x68656c6c");
        AssertFault([0x1F, 0x8B, 8, 0], "gzip");
        AssertFault([0x28, 0xB5, 0x2F, 0xFD], "Zstandard");
        AssertFault(Encoding.ASCII.GetBytes("snoop\0\0\0"), "snoop");
        AssertFault(Encoding.ASCII.GetBytes("GMBU"), "Network Monitor");
        AssertFault(new CaptureBytes().PcapHeader(0xA12B3C4D).ToArray(), "Navtel");
        AssertFault(new CaptureBytes(isBigEndian: true).PcapHeader(0xA1B234CD).ToArray(), "Mesquita");
        AssertFault(new CaptureBytes().PcapHeader(0xA1B2C3CB).ToArray(), "cbpf");
        AssertFault(new CaptureBytes().PcapHeader(major: 3).ToArray(), "pcap version 3.4");
        AssertFault(new CaptureBytes().PcapHeader(linkType: 0x0001_0001).ToArray(), "reserved bits");
        AssertFault(new CaptureBytes().PcapHeader(minor: 2, linkType: 6).ToArray(), "AIX");
        AssertFault(new CaptureBytes().Section(major: 2).ToArray(), "pcapng version 2.0");
        AssertFault(
            new CaptureBytes().U32(0x0A0D0D0A).U32(28).U32(0x1A2B3C4E).Raw(new byte[16]).ToArray(), "byte-order magic");
    }

    [Fact]
    [Trait("Scenario", "MF12")]
    public void A_pcap_record_longer_than_the_limit_is_corrupt()
    {
        byte[] good = new CaptureBytes().PcapHeader().Record(1, 0, new byte[262_144]).ToArray();
        Assert.Equal(262_144, Assert.Single(ReadPacket.ReadWhole(good)).Data.Length);

        byte[] bad = new CaptureBytes().PcapHeader().Record(1, 0, new byte[262_145]).ToArray();
        AssertFault(bad, "a packet of 262145 captured bytes, more than 262144", 24);

        (List<ReadPacket> packets, CaptureFormatException? fault) = ReadPacket.ReadAll(
            bad, new CaptureReaderOptions { MaximumPacketLength = 300_000 });
        Assert.Null(fault);
        Assert.Single(packets);
    }

    [Fact]
    [Trait("Scenario", "MF12")]
    public void Pcapng_blocks_that_contradict_themselves_are_corrupt()
    {
        AssertBlockFault(b => b.U32(6).U32(33).Raw(new byte[40]), "a block of 33 bytes");
        AssertBlockFault(b => b.U32(6).U32(28).Raw(new byte[40]), "a block of 28 bytes: expected at least 32");
        AssertBlockFault(b => b.U32(99).U32(8).Raw(new byte[40]), "a block of 8 bytes: expected at least 12");
        AssertBlockFault(b => b.U32(99).U32(18).Raw(new byte[40]), "a multiple of 4");
        AssertBlockFault(b => b.U32(99).U32(16).U32(0).U32(20), "begins with length 16 and ends with 20");
        AssertBlockFault(b => b.U32(3).U32(16).U32(0).U32(20), "begins with length 16 and ends with 20");
        AssertBlockFault(b => b.U32(99).U32(uint.MaxValue - 3).Raw(new byte[40]), "ends inside a block of 4294967292");
        AssertBlockFault(b => b.U32(6).U32(uint.MaxValue - 3).Raw(new byte[40]), "more than 16777216");
        AssertBlockFault(b => b.Enhanced(1, 0, [1]), "a packet of interface 1, but the section describes 1 so far");
        AssertBlockFault(b => b.OldPacket(9, 0, [1]), "a packet of interface 9");
        AssertBlockFault(b => b.Section().Simple([1]), "a packet of interface 0, but the section describes 0", 28);
        AssertBlockFault(b => b.Simple([1], original: 9), "a packet of 9 captured bytes in a block of 20");
        AssertBlockFault(
            b => b.Block(6, new CaptureBytes().U32(0).U64(0).U32(5).U32(5).U32(0)),
            "a packet of 5 captured bytes in a block of 36");
        AssertBlockFault(
            b => b.Block(6, new CaptureBytes().U32(0).U64(0).U32(uint.MaxValue).U32(5).U32(0)),
            "a packet of 4294967295 captured bytes, more than 262144");
        AssertBlockFault(b => b.Interface(options: b.Option(9, 20)), "10^-20 s: too fine");
        AssertBlockFault(b => b.Interface(options: b.Option(9, 0x80 + 64)), "2^-64 s: too fine");
        AssertBlockFault(b => b.Interface(options: b.Option(9, 1, 2)), "if_tsresol is not 1 byte");
        AssertBlockFault(b => b.Interface(options: b.Option(14, 1, 2)), "if_tsoffset is not 8 bytes");
        AssertBlockFault(b => b.Interface(options: [2, 0, 9, 0]), "runs over its end");
    }

    [Fact]
    public void The_number_of_interfaces_has_a_limit()
    {
        byte[] file = new CaptureBytes().Section().Interface().Interface().Interface().ToArray();

        (_, CaptureFormatException? fault) = ReadPacket.ReadAll(
            file, new CaptureReaderOptions { MaximumInterfaceCount = 2 });

        Assert.NotNull(fault);
        Assert.Contains("more than 2 interfaces", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Scenario", "MF12")]
    public void A_false_length_costs_no_memory()
    {
        byte[] file = new CaptureBytes().Section().Interface().U32(6).U32(16 * 1024 * 1024).Raw(new byte[40]).ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();

        (_, CaptureFormatException? fault) = ReadPacket.ReadAll(file, new CaptureReaderOptions { BufferLength = 64 });

        Assert.NotNull(fault);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Fact]
    public void A_mutated_file_yields_packets_or_a_format_exception_and_nothing_else()
    {
        byte[][] samples = [.. SampleCaptures.All.Select(s => s.ToArray())];
        Gen<byte[]> mutated =
            from sample in Gen.Elements(samples)
            from edits in Gen.Choose(0, sample.Length - 1).Zip(Interesting()).ListOf()
            from length in Gen.Frequency((3, Gen.Constant(sample.Length)), (1, Gen.Choose(0, sample.Length)))
            select Apply(sample, edits)[..length];

        Prop.ForAll(mutated.ToArbitrary(), ReadsOrFaults).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Random_bytes_after_a_magic_number_yield_packets_or_a_format_exception_and_nothing_else()
    {
        byte[][] heads =
        [
            [], [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0x3C, 0x4D], [0x0A, 0x0D, 0x0D, 0x0A],
            new CaptureBytes().PcapHeader().ToArray(), new CaptureBytes().Section().ToArray(),
            new CaptureBytes(isBigEndian: true).Section().Interface().ToArray(),
        ];
        Gen<byte[]> random =
            from head in Gen.Elements(heads)
            from rest in Interesting().ListOf()
            select (byte[])[.. head, .. rest];

        Prop.ForAll(random.ToArbitrary(), ReadsOrFaults).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static Gen<byte> Interesting() => Gen.Frequency(
        (3, Gen.Elements<byte>(0, 1, 2, 3, 4, 6, 8, 12, 28, 32, 0x7F, 0x80, 0xFF)),
        (1, Gen.Choose(0, 255).Select(b => (byte)b)));

    private static byte[] Apply(byte[] sample, IEnumerable<(int At, byte Value)> edits)
    {
        byte[] copy = [.. sample];
        foreach ((int at, byte value) in edits)
        {
            copy[at] = value;
        }

        return copy;
    }

    /// <summary>Any other exception fails the property by itself; no more bytes come out than went in.</summary>
    private static bool ReadsOrFaults(byte[] file)
    {
        (List<ReadPacket> packets, CaptureFormatException? fault) = ReadPacket.ReadAll(file);
        (List<ReadPacket> dribbled, CaptureFormatException? sameFault) = ReadPacket.ReadAll(
            new DribblingStream(file), new CaptureReaderOptions { BufferLength = 64 });
        return packets.Sum(p => p.Data.Length) <= file.Length
            && (fault is null || (fault.Offset >= 0 && fault.Offset <= file.Length))
            && packets.SequenceEqual(dribbled)
            && fault?.Offset == sameFault?.Offset;
    }

    private static void AssertBlockFault(Func<CaptureBytes, CaptureBytes> add, string expected, int blocksBefore = 0)
    {
        foreach (bool isBigEndian in new[] { false, true })
        {
            var file = new CaptureBytes(isBigEndian);
            file.Section().Interface().Enhanced(0, 1, [1, 2, 3]);
            int start = file.ToArray().Length + blocksBefore;
            AssertFault(add(file).ToArray(), expected, start, packetsBefore: 1, isBigEndian);
        }
    }

    private static void AssertFault(
        byte[] file, string expected, long offset = 0, int packetsBefore = 0, bool isBigEndian = false)
    {
        // Bodies built apart from the file are little-endian only; the fields they test differ then.
        (List<ReadPacket> packets, CaptureFormatException? fault) = ReadPacket.ReadAll(file);
        Assert.NotNull(fault);
        Assert.Equal(packetsBefore, packets.Count);
        Assert.Equal(offset, fault.Offset);
        if (!isBigEndian)
        {
            Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        }
    }
}
