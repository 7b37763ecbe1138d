using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>
/// The logical link control header of an 802.3 frame, 3 bytes in its unnumbered form (IEEE 802.2 §3).
/// </summary>
/// <remarks>
/// <code>
/// |     DSAP      |     SSAP      |    Control    |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct LlcHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 3;

    private const byte SnapServiceAccessPoint = 0xAA;
    private const byte UnnumberedInformation = 0x03;

    private readonly byte _destination;
    private readonly byte _source;
    private readonly byte _control;

    /// <summary>Makes a header.</summary>
    public LlcHeader(byte destination, byte source, byte control)
    {
        _destination = destination;
        _source = source;
        _control = control;
    }

    /// <summary>The header that announces a <see cref="SnapHeader"/>.</summary>
    public static LlcHeader Snap =>
        new(SnapServiceAccessPoint, SnapServiceAccessPoint, UnnumberedInformation);

    /// <summary>The destination service access point (0x42 for spanning tree).</summary>
    public byte Destination => _destination;

    /// <summary>The source service access point.</summary>
    public byte Source => _source;

    /// <summary>The control field.</summary>
    public byte Control => _control;

    /// <summary>True when a <see cref="SnapHeader"/> follows.</summary>
    public bool IsSnap =>
        _destination == SnapServiceAccessPoint
        && _source == SnapServiceAccessPoint
        && _control == UnnumberedInformation;
}
