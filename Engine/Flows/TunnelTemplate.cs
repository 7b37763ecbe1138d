using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>
/// One tunnel, resolved: who sends to whom, through which uplink, and the outer headers written once.
/// </summary>
/// <remarks>Interned: flows that use the same tunnel share it. Immutable.</remarks>
public sealed class TunnelTemplate
{
    private readonly byte[] _header;
    private string? _description;

    /// <summary>Makes a template.</summary>
    /// <param name="header">
    /// Outer Ethernet, IP, UDP and tunnel headers whose lengths, checksums and source port are 0.
    /// </param>
    public TunnelTemplate(ReadOnlySpan<byte> header) => _header = header.ToArray();

    /// <summary>The outer headers whose lengths, checksums and source port are still 0.</summary>
    public ReadOnlySpan<byte> Header => _header;

    /// <summary>The network identifier.</summary>
    public required Vni Vni { get; init; }

    /// <summary>The local VTEP.</summary>
    public required IpAddress Local { get; init; }

    /// <summary>The remote VTEP.</summary>
    public required IpAddress Remote { get; init; }

    /// <summary>Index of the uplink port.</summary>
    public required int Uplink { get; init; }

    /// <summary>How the headers are written.</summary>
    public required TunnelOptions Options { get; init; }

    /// <summary>The MAC address of the next hop.</summary>
    internal MacAddress NextHop => MemoryMarshal.Read<MacAddress>(_header);

    /// <summary>True when the engine found the next hop itself, or is still looking for it.</summary>
    internal bool IsNextHopLearnt { get; init; }

    /// <summary>True when frames of the tunnel have to wait for the MAC address of the next hop.</summary>
    internal bool IsUnresolved => IsNextHopLearnt && NextHop.IsZero;

    /// <summary>The tunnel in words: <c>vxlan vni 4097 172.31.0.1 > 172.31.0.2</c>.</summary>
    public string Description => _description ??= $"{TunnelHeader} {Local} > {Remote}";

    /// <summary>What the tunnel header says.</summary>
    internal TunnelHeader TunnelHeader => HeaderOf(Vni, Options);

    /// <summary>What tunnel headers of a network say by a tunnel's options.</summary>
    internal static TunnelHeader HeaderOf(Vni vni, TunnelOptions options) => new()
    {
        Kind = options.Kind,
        Vni = vni,
        Policy = options.Policy,
    };
}
