using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VxlanEngine.Flows;

/// <summary>How a packet's tuple stands in sixteen bytes, and the hash of it.</summary>
/// <remarks>
/// <code>
/// byte   0  1         2–3              4–11                              12–15
/// IPv4   0  protocol  fragment word    source and destination            ports
/// IPv6   0  protocol  0                a hash of source and destination  ports
/// </code>
/// All as they stand in the frame. Who compares a tuple of IPv6 compares the addresses too.
/// </remarks>
internal static class UnifiedKey
{
    private const ulong ContextMultiplier = 0x9E37_79B9_7F4A_7C15;

    // Of the sixteen bytes from the TTL on: protocol, addresses and ports.
    private static readonly Vector128<byte> TailMask = Vector128.Create(
        0, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);

    // Of the sixteen bytes from the identification on: the fragment word, which then stands at the same place.
    private static readonly Vector128<byte> FragmentMask = Vector128.Create(0xFFFF_0000u, 0, 0, 0).AsByte();

    /// <summary>The tuple of an IPv4 packet.</summary>
    /// <param name="fromTtl">Sixteen bytes of the packet from the TTL on; its header has 20.</param>
    /// <param name="fromId">Sixteen bytes of the packet from the identification on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> OfIpv4(Vector128<byte> fromTtl, Vector128<byte> fromId) =>
        (fromTtl & TailMask) | (fromId & FragmentMask);

    /// <summary>The tuple of an IPv4 packet that is whole.</summary>
    /// <param name="addresses">Both addresses, as they stand in the frame.</param>
    /// <param name="protocol">Its transport protocol.</param>
    /// <param name="ports">Its ports, as they stand in the frame.</param>
    public static Vector128<byte> OfIpv4(ulong addresses, byte protocol, uint ports) =>
        Vector128.Create((addresses << 32) | ((uint)protocol << 8), (addresses >> 32) | ((ulong)ports << 32)).AsByte();

    /// <summary>The tuple of an IPv6 packet.</summary>
    /// <param name="source">Its source address.</param>
    /// <param name="destination">Its destination address.</param>
    /// <param name="protocol">Its transport protocol.</param>
    /// <param name="ports">Its ports.</param>
    /// <param name="hashKey">Key of the hash.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> OfIpv6(
        Vector128<byte> source, Vector128<byte> destination, byte protocol, uint ports, ulong hashKey)
    {
        ulong addresses = HashOf(source, destination, hashKey);
        return OfIpv4(addresses, protocol, ports);
    }

    /// <summary>The key of the hash, made ready.</summary>
    public static Vector128<byte> Spread(ulong hashKey) => Vector128.Create(hashKey, ~hashKey).AsByte();

    /// <summary>The hash of a packet kind, or of a flow key.</summary>
    /// <remarks>
    /// Three rounds of AES where there are such instructions; after two, a word shows one byte of each column only. The
    /// context is added at the end, so that nothing waits for it: it is a small number of this machine's, not a
    /// sender's.
    /// </remarks>
    /// <param name="tuple">Its tuple.</param>
    /// <param name="context">The number of its context; 0 for a flow key.</param>
    /// <param name="key">Key of the hash, from <see cref="Spread"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(Vector128<byte> tuple, ulong context, Vector128<byte> key)
    {
        var spread = (uint)((context * ContextMultiplier) >> 32);
        if (Aes.IsSupported)
        {
            Vector128<byte> mixed = Aes.Encrypt(Aes.Encrypt(tuple ^ key, key), key);
            return Aes.Encrypt(mixed, key).AsUInt32().ToScalar() ^ spread;
        }

        ulong hash = FlowHash.Mix(FlowHash.Mix(Low(key), Low(tuple)), High(tuple));
        return (uint)(hash ^ (hash >> 32)) ^ spread;
    }

    private static ulong HashOf(Vector128<byte> source, Vector128<byte> destination, ulong hashKey)
    {
        if (Aes.IsSupported)
        {
            Vector128<byte> round = Spread(hashKey);
            Vector128<byte> mixed = Aes.Encrypt(Aes.Encrypt(source ^ round, round), round);
            mixed = Aes.Encrypt(Aes.Encrypt(mixed ^ destination, round), round);
            return Low(Aes.Encrypt(mixed, round));
        }

        ulong hash = FlowHash.Mix(FlowHash.Mix(hashKey, Low(source)), High(source));
        return FlowHash.Mix(FlowHash.Mix(hash, Low(destination)), High(destination));
    }

    private static ulong Low(Vector128<byte> vector) => vector.AsUInt64().ToScalar();

    private static ulong High(Vector128<byte> vector) => vector.AsUInt64().GetElement(1);
}
