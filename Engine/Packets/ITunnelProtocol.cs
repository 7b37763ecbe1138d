using VxlanEngine.Wire;

namespace VxlanEngine.Packets;

/// <summary>A tunnel protocol over UDP: what stands between the UDP header and the inner Ethernet frame.</summary>
/// <remarks>
/// The seam at which kinds of tunnels plug in. All that differs between them is here; outer headers, VNIs, mapping
/// spaces and rules are the same for all. Immutable; thread: any. <see cref="TunnelProtocols"/> lists them.
/// </remarks>
public interface ITunnelProtocol
{
    /// <summary>The kind of tunnel.</summary>
    TunnelKind Kind { get; }

    /// <summary>What it is called in traces and comments: <c>vxlan</c>.</summary>
    string Name { get; }

    /// <summary>The UDP destination port that IANA has assigned.</summary>
    ushort UdpPort { get; }

    /// <summary>Bytes of the header that <see cref="Write"/> writes.</summary>
    int HeaderLength { get; }

    /// <summary>Bytes of a received header, options included; those of the fixed part where it is not whole.</summary>
    /// <param name="payload">The UDP payload.</param>
    int LengthOf(ReadOnlySpan<byte> payload);

    /// <summary>Reads a header.</summary>
    /// <param name="reader">The UDP payload; behind the header, options included, when the header is good.</param>
    /// <param name="header">What it says; the default when it cannot be read.</param>
    /// <returns>Why the packet must be dropped, or <see cref="DropReason.None"/>.</returns>
    DropReason Read(ref PacketReader reader, out TunnelHeader header);

    /// <summary>Writes a header in front of an Ethernet frame, every reserved bit 0.</summary>
    /// <param name="writer">Where to; it has room for <see cref="HeaderLength"/> bytes.</param>
    /// <param name="header">What to say; what the kind cannot say is left out.</param>
    void Write(ref PacketWriter writer, in TunnelHeader header);
}
