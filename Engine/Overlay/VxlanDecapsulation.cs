using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Checks what an uplink received before anything is removed from it.</summary>
public static class VxlanDecapsulation
{
    /// <summary>Checks outer headers and finds the inner frame.</summary>
    /// <param name="bytes">The bytes that <paramref name="outer"/> was parsed from.</param>
    /// <param name="outer">The outer frame, a UDP datagram to a port of the tunnel's.</param>
    /// <param name="port">The uplink.</param>
    /// <param name="status">What the adapter knows of the checksums.</param>
    /// <param name="protocol">How to read the tunnel header.</param>
    /// <param name="header">What the tunnel header says; the default when it was not reached or is wrong.</param>
    /// <param name="inner">The inner frame; its offsets count from the start of <paramref name="bytes"/>.</param>
    public static DropReason Open(
        ReadOnlySpan<byte> bytes,
        in ParsedFrame outer,
        Port port,
        ChecksumStatus status,
        ITunnelProtocol protocol,
        out TunnelHeader header,
        out ParsedFrame inner)
    {
        ArgumentNullException.ThrowIfNull(port);
        DropReason reason = CheckOuter(bytes, outer, port, status);
        if (reason != DropReason.None)
        {
            header = default;
            inner = default;
            return reason;
        }

        // RFC 7348 §5: reserved bits are ignored on receipt, unless the port asks for more.
        reason = PacketParser.ParseTunnel(bytes, outer, protocol, out header, out inner);
        return port.ReservedBits == ReservedBits.Reject && (header.ReservedBits & port.ReservedBitsMask) != 0
            ? DropReason.VxlanInvalidHeader
            : reason;
    }

    private static DropReason CheckOuter(
        ReadOnlySpan<byte> bytes, in ParsedFrame outer, Port port, ChecksumStatus status)
    {
        if (outer.Fragment != FragmentKind.None)
        {
            return DropReason.OuterFragment;
        }

        bool verify = port.Checksum == ChecksumMode.Verify && status == ChecksumStatus.Unknown;
        if (verify
            && outer.Family == IpFamily.V4
            && !Ipv4Header.IsChecksumValid(bytes[outer.L3Offset..outer.L4Offset]))
        {
            return DropReason.Ipv4BadChecksum;
        }

        if (!IsAddressedToUs(bytes, outer))
        {
            return outer.Family == IpFamily.V4 ? DropReason.Ipv4Malformed : DropReason.Ipv6Malformed;
        }

        var reader = new PacketReader(bytes, outer.L4Offset);
        if (!reader.TryRead(out UdpHeader udp) || udp.DatagramLength > outer.L3End - outer.L4Offset)
        {
            return DropReason.UdpMalformed;
        }

        if (udp.Checksum == 0)
        {
            // RFC 6935 §5: zero over IPv6 only on ports that were told to take it.
            return outer.Family == IpFamily.V6 && !port.AllowZeroChecksumIpv6
                ? DropReason.UdpBadChecksum
                : DropReason.None;
        }

        if (!verify)
        {
            return DropReason.None;
        }

        uint pseudo = Checksum.PseudoHeader(
            outer.Source, outer.Destination, IpProtocol.Udp, udp.DatagramLength);
        return Checksum.IsValid(bytes.Slice(outer.L4Offset, udp.DatagramLength), pseudo)
            ? DropReason.None
            : DropReason.UdpBadChecksum;
    }

    /// <summary>
    /// False when options or extension headers are such that the packet's destination, which is here, must discard it.
    /// </summary>
    private static bool IsAddressedToUs(ReadOnlySpan<byte> bytes, in ParsedFrame outer) =>
        outer.Family == IpFamily.V4
            ? AreOptionsForUs(bytes[(outer.L3Offset + Ipv4Header.Length)..outer.L4Offset])
            : AreExtensionHeadersForUs(bytes, outer);

    // RFC 791 §3.1: all options but two have a length, which counts type and length. Who routes by them gets in where
    // nobody expects it (RFC 7126 §4.3, §4.4).
    private static bool AreOptionsForUs(ReadOnlySpan<byte> options)
    {
        const byte end = 0;
        const byte noOperation = 1;
        const byte looseSourceRoute = 131;
        const byte strictSourceRoute = 137;
        while (!options.IsEmpty && options[0] != end)
        {
            if (options[0] == noOperation)
            {
                options = options[1..];
                continue;
            }

            bool isWhole = options.Length >= 2 && options[1] >= 2 && options[1] <= options.Length;
            if (!isWhole || options[0] is looseSourceRoute or strictSourceRoute)
            {
                return false;
            }

            options = options[options[1]..];
        }

        return true;
    }

    private static bool AreExtensionHeadersForUs(ReadOnlySpan<byte> bytes, in ParsedFrame outer)
    {
        // The parser has found every header whole and every option inside of its own.
        var reader = new PacketReader(bytes[..outer.L4Offset], outer.L3Offset);
        reader.TryRead(out Ipv6Header ip);
        IpProtocol kind = ip.NextHeader;
        while (reader.TryRead(out Ipv6ExtensionHeader header))
        {
            int length = kind == IpProtocol.Fragment ? Ipv6FragmentHeader.Length : header.WholeLength(kind);
            ReadOnlySpan<byte> body = reader.Rest[..(length - Ipv6ExtensionHeader.Length)];
            bool isRefused = kind switch
            {
                IpProtocol.HopByHop or IpProtocol.DestinationOptions => HasOptionToDiscardFor(body),
                IpProtocol.Routing => body[1] != 0, // RFC 8200 §4.4: segments are left.
                _ => false,
            };
            if (isRefused)
            {
                return false;
            }

            reader.TrySkip(body.Length);
            kind = header.NextHeader;
        }

        return true;
    }

    // RFC 8200 §4.2: the upper two bits say what to do where an option is not known; 00 is to skip it. Those that are
    // known, padding and router alert, have 00.
    private static bool HasOptionToDiscardFor(ReadOnlySpan<byte> options)
    {
        const byte pad1 = 0;
        while (!options.IsEmpty)
        {
            if (options[0] >> 6 != 0)
            {
                return true;
            }

            options = options[(options[0] == pad1 ? 1 : options[1] + 2)..];
        }

        return false;
    }
}
