using System.Runtime.InteropServices;

namespace VxlanEngine.Wire;

/// <summary>The NVGRE header, 8 bytes: GRE with a key (RFC 7637 §3.2).</summary>
/// <remarks>
/// <code>
/// |0| |1|0|   Reserved0     | Ver |   Protocol type 0x6558        |
/// |           Virtual Subnet ID (VSID)            |    Flow ID    |
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct NvgreHeader
{
    /// <summary>Length on the wire, in bytes.</summary>
    public const int Length = 8;

    private readonly GreHeader _gre;
    private readonly UInt32BE _subnetAndFlow;

    /// <summary>Makes a header.</summary>
    /// <param name="subnet">The virtual subnet identifier, 24 bits.</param>
    /// <param name="flow">Entropy of the inner flow.</param>
    public NvgreHeader(Vni subnet, byte flow)
    {
        _gre = new GreHeader(EtherType.TransparentEthernet, hasKey: true);
        _subnetAndFlow = (subnet.Value << 8) | flow;
    }

    /// <summary>The GRE header that the first four bytes are.</summary>
    public GreHeader Gre => _gre;

    /// <summary>The virtual subnet identifier, 24 bits.</summary>
    public Vni Subnet => new(_subnetAndFlow >> 8);

    /// <summary>Entropy of the inner flow.</summary>
    public byte Flow => (byte)_subnetAndFlow;
}
