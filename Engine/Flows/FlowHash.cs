using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using VxlanEngine.Packets;

namespace VxlanEngine.Flows;

/// <summary>A keyed hash of flows: two rounds of a 64 × 64 → 128 bit multiplication, folded.</summary>
/// <remarks>
/// Not linear, unlike a CRC, so that collisions cannot be made without the key. The same bits on every machine.
/// </remarks>
public static class FlowHash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Mixes a word into a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong hash, ulong word)
    {
        ulong mixed = hash ^ word;
        if (Bmi2.X64.IsSupported)
        {
            // Two multiplications: one that gives both halves would give the low one by way of memory.
            return Bmi2.X64.MultiplyNoFlags(mixed, Multiplier) ^ (mixed * Multiplier) ^ word;
        }

        ulong high = Math.BigMul(mixed, Multiplier, out ulong low);
        return high ^ low ^ word;
    }

    /// <summary>Hashes a tuple.</summary>
    /// <param name="tuple">The tuple.</param>
    /// <param name="key">The key.</param>
    public static ulong Of(in FlowTuple tuple, ulong key)
    {
        ulong hash = Mix(key, tuple.Source.High);
        hash = Mix(hash, tuple.Source.Low);
        hash = Mix(hash, tuple.Destination.High);
        hash = Mix(hash, tuple.Destination.Low);
        ulong ports = ((ulong)tuple.SourcePort << 24) | ((ulong)tuple.DestinationPort << 8);
        return Mix(Mix(hash, ports | (byte)tuple.Protocol), key);
    }

    /// <summary>The number that chooses an outer UDP source port for an inner frame (RFC 7348 §5).</summary>
    /// <param name="inner">The inner frame.</param>
    /// <param name="symmetric">Whether both directions of the flow get the same number.</param>
    /// <param name="key">The key.</param>
    /// <remarks>
    /// All fragments of a datagram get the same number, and frames that are not IP one for their pair of stations.
    /// </remarks>
    public static ulong Entropy(in ParsedFrame inner, bool symmetric, ulong key)
    {
        if (!inner.IsIp)
        {
            ulong a = inner.SourceMac.Value;
            ulong b = inner.DestinationMac.Value;
            (a, b) = symmetric && b < a ? (b, a) : (a, b);
            return Mix(Mix(Mix(key, a), b), (ulong)inner.EtherType);
        }

        bool whole = inner.Fragment == FragmentKind.None && inner.HasTransport;
        var tuple = new FlowTuple(
            inner.Source,
            inner.Destination,
            inner.Protocol,
            whole ? inner.SourcePort : (ushort)0,
            whole ? inner.DestinationPort : (ushort)0,
            0);
        bool swap = symmetric
            && (inner.Destination < inner.Source
                || (inner.Destination == inner.Source && tuple.DestinationPort < tuple.SourcePort));
        return Of(swap ? tuple.Reversed : tuple, key);
    }
}
