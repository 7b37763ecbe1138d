using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The Internet checksum: computed over bytes (RFC 1071) and updated for changed fields (RFC 1624).</summary>
/// <remarks>
/// A <em>sum</em> is the one's-complement sum of big-endian 16-bit words, not yet complemented. Every sum made here is
/// folded to 16 bits and canonical: it is 0 only if all words are 0, so that any way to compute it gives the same bits.
/// A <em>delta</em> is what a change of fields adds to a sum. Sums and deltas may be added with <c>+</c>, up to
/// 65 536 of them, before they are finished or applied.
/// </remarks>
public static class Checksum
{
    /// <summary>The one's-complement sum of <paramref name="bytes"/> and <paramref name="seed"/>.</summary>
    /// <param name="bytes">The data; after an odd number of bytes a zero byte is thought of.</param>
    /// <param name="seed">A sum to go on from, over an even number of bytes: a pseudo-header, for example.</param>
    public static uint Sum(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        if (!Vector.IsHardwareAccelerated || bytes.Length < 2 * Vector<byte>.Count)
        {
            return SumScalar(bytes, seed);
        }

        // The 32-bit halves of each lane are added as 64-bit numbers: carries cannot be lost in any span's length.
        var low = new Vector<ulong>(uint.MaxValue);
        Vector<ulong> lanes = Vector<ulong>.Zero;
        ReadOnlySpan<Vector<ulong>> vectors = MemoryMarshal.Cast<byte, Vector<ulong>>(bytes);
        foreach (Vector<ulong> vector in vectors)
        {
            lanes += (vector & low) + (vector >>> 32);
        }

        return FromNative(AddNative(bytes[(vectors.Length * Vector<byte>.Count)..], Vector.Sum(lanes)), seed);
    }

    /// <summary>The checksum that a sum stands for: its complement.</summary>
    public static ushort Finish(uint sum) => (ushort)~Fold(sum);

    /// <summary>
    /// The checksum that a sum stands for in UDP, where 0 is sent as 0xFFFF because 0 means none (RFC 768).
    /// </summary>
    public static ushort FinishUdp(uint sum)
    {
        ushort checksum = Finish(sum);
        return checksum == 0 ? ushort.MaxValue : checksum;
    }

    /// <summary>The checksum of <paramref name="bytes"/>, whose own checksum field is 0.</summary>
    public static ushort Compute(ReadOnlySpan<byte> bytes) => Finish(Sum(bytes));

    /// <summary>True when <paramref name="bytes"/>, which hold their checksum, add up.</summary>
    /// <param name="bytes">The data, checksum field included.</param>
    /// <param name="seed">The sum of the pseudo-header, or 0.</param>
    /// <remarks>A UDP checksum of 0 is for callers to look at: it means that there is none.</remarks>
    public static bool IsValid(ReadOnlySpan<byte> bytes, uint seed = 0) => Sum(bytes, seed) == 0xFFFF;

    /// <summary>
    /// The sum of the pseudo-header that TCP, UDP and ICMPv6 checksums cover (RFC 9293 §3.1, RFC 8200 §8.1).
    /// </summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address of the same family; the final one behind a routing header.</param>
    /// <param name="protocol">The transport protocol, not an extension header's number.</param>
    /// <param name="length">Bytes of transport header and payload.</param>
    public static uint PseudoHeader(IpAddress source, IpAddress destination, IpProtocol protocol, int length) =>
        Fold((ulong)SumOf(source) + SumOf(destination) + (uint)protocol + (uint)length);

    /// <summary>The checksum after a 16-bit field changed (RFC 1624, equation 3).</summary>
    public static ushort Update(ushort checksum, ushort oldValue, ushort newValue) =>
        Apply(checksum, Difference(oldValue, newValue));

    /// <summary>The checksum after a 32-bit field at an even offset changed.</summary>
    public static ushort Update(ushort checksum, uint oldValue, uint newValue) =>
        Apply(checksum, Difference(oldValue, newValue));

    /// <summary>The checksum after an address changed; the families may differ.</summary>
    public static ushort Update(ushort checksum, IpAddress oldValue, IpAddress newValue) =>
        Apply(checksum, Difference(oldValue, newValue));

    /// <summary>The delta of a 16-bit field that changes from one value to another.</summary>
    public static uint Difference(ushort oldValue, ushort newValue) =>
        Fold((ulong)(ushort)~oldValue + newValue);

    /// <summary>The delta of a 32-bit field at an even offset that changes from one value to another.</summary>
    public static uint Difference(uint oldValue, uint newValue) => Fold((ulong)~oldValue + newValue);

    /// <summary>The delta of an address that changes to another; the families may differ.</summary>
    public static uint Difference(IpAddress oldValue, IpAddress newValue) =>
        Fold((ulong)(ushort)~SumOf(oldValue) + SumOf(newValue));

    /// <summary>The checksum after the changes that <paramref name="delta"/> adds up.</summary>
    /// <remarks>
    /// Where nothing changed, the checksum stays as it is: adding −0 to a sum of +0 would give −0, and so make an ICMP
    /// message of zeros and 0xFFFF wrong.
    /// </remarks>
    public static ushort Apply(ushort checksum, uint delta)
    {
        uint folded = Fold(delta);
        return folded == ushort.MaxValue ? checksum : (ushort)~Fold((ulong)(ushort)~checksum + folded);
    }

    /// <summary>
    /// Like <see cref="Apply"/> for UDP: no checksum (0) stays none, and a checksum of 0 becomes 0xFFFF.
    /// </summary>
    public static ushort ApplyUdp(ushort checksum, uint delta)
    {
        if (checksum == 0)
        {
            return 0;
        }

        ushort updated = Apply(checksum, delta);
        return updated == 0 ? ushort.MaxValue : updated;
    }

    /// <summary>A delta as <see cref="ApplyFolded"/> takes it: of 16 bits, and 0 where nothing changes.</summary>
    internal static ushort FoldDelta(uint delta)
    {
        uint folded = Fold(delta);
        return folded == ushort.MaxValue ? (ushort)0 : (ushort)folded;
    }

    /// <summary><see cref="Apply"/> for a folded delta, in a few instructions; gives the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort ApplyFolded(ushort checksum, ushort delta)
    {
        uint sum = (uint)(ushort)~checksum + delta;
        return (ushort)~(sum + (sum >> 16));
    }

    /// <summary><see cref="ApplyUdp"/> for a folded delta; gives the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort ApplyFoldedUdp(ushort checksum, ushort delta)
    {
        ushort updated = ApplyFolded(checksum, delta);
        return checksum == 0 ? (ushort)0 : updated == 0 ? ushort.MaxValue : updated;
    }

    /// <inheritdoc cref="PseudoHeader(IpAddress, IpAddress, IpProtocol, int)"/>
    internal static uint PseudoHeader(Ipv4Address source, Ipv4Address destination, IpProtocol protocol, int length) =>
        Fold((ulong)source.Value + destination.Value + (uint)protocol + (uint)length);

    /// <summary><see cref="Sum"/> without vectors; gives the same bits.</summary>
    internal static uint SumScalar(ReadOnlySpan<byte> bytes, uint seed = 0) =>
        FromNative(AddNative(bytes, 0), seed);

    /// <summary>
    /// Adds words in the machine's byte order; <see cref="FromNative"/> turns the result (RFC 1071 §2 B).
    /// </summary>
    private static ulong AddNative(ReadOnlySpan<byte> bytes, ulong sum)
    {
        // A carry out of 64 bits would be lost, so the sum is folded first: 2³¹ bytes cannot overflow it then.
        sum = (uint)sum + (sum >> 32);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            sum += (uint)word + (word >> 32);
        }

        bytes = bytes[(words.Length * sizeof(ulong))..];
        while (MemoryMarshal.TryRead(bytes, out ushort word))
        {
            sum += word;
            bytes = bytes[sizeof(ushort)..];
        }

        if (!bytes.IsEmpty)
        {
            sum += BitConverter.IsLittleEndian ? bytes[0] : (uint)bytes[0] << 8;
        }

        return sum;
    }

    private static uint FromNative(ulong native, uint seed)
    {
        var folded = (ushort)Fold(native);
        ushort sum = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
        return Fold((ulong)sum + seed);
    }

    private static uint SumOf(IpAddress address) =>
        Fold((ulong)Fold(address.High) + Fold(address.Low));

    /// <summary>Adds the carries back in until 16 bits are left (2¹⁶ ≡ 1 in one's complement).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Fold(ulong sum)
    {
        sum = (uint)sum + (sum >> 32);
        sum = (ushort)sum + (sum >> 16);
        sum = (ushort)sum + (sum >> 16);
        return (uint)((ushort)sum + (sum >> 16));
    }
}
