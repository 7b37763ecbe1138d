using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Anonymization;

/// <summary>Makes frames anonymous: addresses mapped at every depth, all that is not a known header zero.</summary>
/// <remarks>
/// Lengths stay, and so does all that verdicts depend on: headers, flags, ports, identifiers, VNIs. Checksums are
/// right where they were right, and wrong where they were wrong. Payload, unknown protocols and options, padding, and
/// what is behind a header that makes no sense become zeros. Nothing throws, whatever the bytes are. Thread: one at
/// a time.
/// </remarks>
public sealed class FrameAnonymizer
{
    private readonly AddressMapping _addresses;
    private readonly MacMapping _macs;
    private readonly Dictionary<ushort, TunnelKind> _tunnels;
    private readonly BfdSigner _signer;

    /// <summary>Makes an anonymiser.</summary>
    /// <param name="addresses">The mapping of addresses.</param>
    /// <param name="macs">The mapping of MAC addresses.</param>
    /// <param name="tunnelPorts">
    /// UDP destination ports of tunnels and the tunnels' kinds, besides the assigned ones; the first word on a port
    /// counts.
    /// </param>
    /// <param name="authentications">
    /// What BFD packets are authenticated by: those that are so rightly become so by the keys of the anonymous policy.
    /// </param>
    public FrameAnonymizer(
        AddressMapping addresses,
        MacMapping macs,
        IEnumerable<KeyValuePair<ushort, TunnelKind>> tunnelPorts,
        IEnumerable<BfdAuthentication>? authentications = null)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(macs);
        ArgumentNullException.ThrowIfNull(tunnelPorts);
        _addresses = addresses;
        _macs = macs;
        _signer = new BfdSigner(authentications ?? []);
        _tunnels = tunnelPorts
            .Concat(TunnelProtocols.All.Select(protocol => KeyValuePair.Create(protocol.UdpPort, protocol.Kind)))
            .DistinctBy(pair => pair.Key)
            .ToDictionary();
    }

    /// <summary>What is known of fragmented datagrams.</summary>
    internal DatagramLedger Datagrams { get; } = new();

    /// <summary>Makes one frame anonymous.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="linkType">What it begins with; frames of link types that are not followed become zeros.</param>
    /// <param name="result">Receives as many bytes.</param>
    /// <returns>Offset behind the last header that is in the result; from there on it holds zeros.</returns>
    /// <exception cref="ArgumentException">The result is shorter than the frame.</exception>
    public int Anonymize(ReadOnlySpan<byte> frame, LinkType linkType, Span<byte> result)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(result.Length, frame.Length, nameof(result));
        result = result[..frame.Length];
        result.Clear();
        var walk = new FrameWalk(_addresses, _macs, _tunnels, Datagrams, _signer, frame, result);
        walk.Run(linkType);
        return walk.KeptEnd;
    }
}
