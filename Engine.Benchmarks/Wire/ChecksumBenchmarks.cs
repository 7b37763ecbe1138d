using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Wire;

/// <summary>How fast are bytes summed for a checksum, and how much less is it to update one?</summary>
[BenchmarkCategory(AllocationGate.Category)]
public class ChecksumBenchmarks
{
    private byte[] _bytes = [];
    private ushort _checksum;

    /// <summary>Bytes: an IPv4 header, and frames.</summary>
    [Params(20, 64, 590, 1460)]
    public int Length { get; set; }

    /// <summary>Makes the bytes.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _bytes = new byte[Length];
        new Random(1).NextBytes(_bytes);
        _checksum = Checksum.Compute(_bytes);
    }

    /// <summary>As RFC 1071 says it.</summary>
    [Benchmark(Baseline = true)]
    public ushort WordByWord()
    {
        uint sum = 0;
        for (int i = 0; i + 1 < _bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(i));
        }

        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    /// <summary>The engine's.</summary>
    [Benchmark]
    public ushort Compute() => Checksum.Compute(_bytes);

    /// <summary>For a changed address (RFC 1624).</summary>
    [Benchmark]
    public ushort Update() => Checksum.Update(_checksum, 0x0A01_0001u, 0xC0A8_0909u);
}
