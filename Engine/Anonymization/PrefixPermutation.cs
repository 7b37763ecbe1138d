using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VxlanEngine.Anonymization;

/// <summary>
/// Permutes the numbers of a width so that two of them share exactly as many leading bits after as before (Crypto-PAn).
/// </summary>
/// <remarks>
/// Each bit is flipped or not by AES over the bits in front of it. Bits on a <see cref="KeptPath"/> are not flipped,
/// which keeps the property: what is decided is still a function of the bits in front.
/// Source: Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization, ICNP 2002.
/// </remarks>
internal sealed class PrefixPermutation(byte[] key, int width, IEnumerable<KeptPath> kept)
{
    private const int BlockLength = 16;
    private const int MaxWidth = 128;

    private readonly KeptPath[] _kept = [.. kept];

    /// <summary>Maps a number; bits above the width are 0.</summary>
    public UInt128 Map(UInt128 value)
    {
        Span<byte> nodes = stackalloc byte[MaxWidth * BlockLength];
        Span<byte> digests = stackalloc byte[MaxWidth * BlockLength];
        nodes = nodes[..(width * BlockLength)];
        digests = digests[..(width * BlockLength)];
        UInt128 aligned = value << (MaxWidth - width);
        for (int depth = 0; depth < width; depth++)
        {
            // The bits in front, a one, zeros: different for every node of the tree.
            UInt128 node = (aligned & ~(UInt128.MaxValue >> depth)) | (UInt128.One << (MaxWidth - 1 - depth));
            BinaryPrimitives.WriteUInt128BigEndian(nodes[(depth * BlockLength)..], node);
        }

        using var aes = Aes.Create();
        aes.Key = key;
        aes.EncryptEcb(nodes, digests, PaddingMode.None);

        UInt128 flips = 0;
        for (int depth = 0; depth < width; depth++)
        {
            flips = (flips << 1) | (uint)(digests[depth * BlockLength] & 1);
        }

        return value ^ (flips & ~KeptBits(value));
    }

    private UInt128 KeptBits(UInt128 value)
    {
        UInt128 bits = 0;
        foreach (KeptPath path in _kept)
        {
            int shared = width - BitLength(value ^ path.Value);
            int to = shared >= path.To ? path.To : shared + 1;
            bits |= Bits(path.From, path.KeepsRest && shared >= path.To ? width : to);
        }

        return bits;
    }

    /// <summary>The bits at depths from <paramref name="from"/> to before <paramref name="to"/>.</summary>
    private UInt128 Bits(int from, int to) =>
        to <= from ? 0 : (UInt128.MaxValue >> (MaxWidth - (to - from))) << (width - to);

    private static int BitLength(UInt128 value) => MaxWidth - (int)UInt128.LeadingZeroCount(value);
}
