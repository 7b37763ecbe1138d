namespace VxlanEngine.Overlay;

/// <summary>
/// Explicit congestion notification across a tunnel (RFC 6040). Code points are the low two bits of a traffic class.
/// </summary>
public static class Ecn
{
    /// <summary>The bits of a traffic class that ECN takes (RFC 3168 §5).</summary>
    public const byte Mask = 0x03;

    private const byte NotEct = 0;
    private const byte Ect1 = 1;
    private const byte Ce = 3;

    /// <summary>The outer code point for an inner one: normal mode copies it (RFC 6040 §4.1).</summary>
    public static byte Encapsulate(byte inner) => (byte)(inner & Mask);

    /// <summary>
    /// The code point that an inner packet gets when the outer header is removed (RFC 6040 §4.2, figure 4).
    /// </summary>
    /// <param name="inner">The inner code point.</param>
    /// <param name="outer">The outer code point.</param>
    /// <param name="result">The code point to forward with.</param>
    /// <returns>
    /// False when the packet must be dropped: congestion was experienced by one that cannot tell its sender.
    /// </returns>
    public static bool TryDecapsulate(byte inner, byte outer, out byte result)
    {
        inner &= Mask;
        outer &= Mask;
        result = inner;
        if (outer == Ce)
        {
            result = inner == NotEct ? inner : Ce;
            return inner != NotEct;
        }

        if (outer == Ect1 && inner is not (NotEct or Ce))
        {
            result = Ect1;
        }

        return true;
    }
}
