using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>Checks what an uplink received before anything is removed from it.</summary>
public static class VxlanDecapsulation
{
    /// <summary>Checks outer headers and finds the inner frame.</summary>
    /// <param name="bytes">The bytes that <paramref name="outer"/> was parsed from.</param>
    /// <param name="outer">The outer frame, a UDP datagram to a VXLAN port.</param>
    /// <param name="port">The uplink.</param>
    /// <param name="status">What the adapter knows of the checksums.</param>
    /// <param name="vxlan">The VXLAN header.</param>
    /// <param name="inner">The inner frame; its offsets count from the start of <paramref name="bytes"/>.</param>
    public static DropReason Open(
        ReadOnlySpan<byte> bytes,
        in ParsedFrame outer,
        Port port,
        ChecksumStatus status,
        out VxlanHeader vxlan,
        out ParsedFrame inner)
    {
        ArgumentNullException.ThrowIfNull(port);
        DropReason reason = CheckOuter(bytes, outer, port, status);
        if (reason != DropReason.None)
        {
            vxlan = default;
            inner = default;
            return reason;
        }

        reason = PacketParser.ParseVxlan(bytes, outer, out vxlan, out inner);
        if (reason is DropReason.VxlanTruncated)
        {
            return reason;
        }

        // RFC 7348 §5: I must be set; the other bits are ignored on receipt, unless the port asks for more.
        bool valid = vxlan.HasVni && (port.ReservedBits == ReservedBits.Ignore || vxlan.ReservedBits == 0);
        return valid ? reason : DropReason.VxlanInvalidHeader;
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
}
