using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <summary>One frame's way from its own bytes to anonymous ones: link headers.</summary>
/// <remarks>
/// The result begins as zeros. What is understood and gives nobody away is kept, addresses are mapped, and all else
/// stays zero, so that a header nobody thought of cannot leak. Unlike the parser the walk goes on in packets that were
/// cut short, and behind more tags and extension headers than a packet should have; like it, it ends at a header that
/// makes no sense. Every <c>at</c> and <c>end</c> is an offset into both buffers, <c>end</c> at most their length.
/// </remarks>
internal ref partial struct FrameWalk
{
    private const int MaxDepth = 16;
    private const int LoopbackHeaderLength = 4;

    private readonly AddressMapping _addresses;
    private readonly MacMapping _macs;
    private readonly Dictionary<ushort, TunnelKind> _tunnels;
    private readonly DatagramLedger _datagrams;
    private readonly BfdSigner _signer;
    private readonly ReadOnlySpan<byte> _in;
    private readonly Span<byte> _out;
    private int _depth;

    /// <summary>Starts a walk over a frame.</summary>
    /// <param name="addresses">The mapping of addresses.</param>
    /// <param name="macs">The mapping of MAC addresses.</param>
    /// <param name="tunnels">UDP ports of tunnels, and the kinds.</param>
    /// <param name="datagrams">What is known of fragmented datagrams.</param>
    /// <param name="signer">Authenticates packets of BFD.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="result">As many zeros.</param>
    public FrameWalk(
        AddressMapping addresses,
        MacMapping macs,
        Dictionary<ushort, TunnelKind> tunnels,
        DatagramLedger datagrams,
        BfdSigner signer,
        ReadOnlySpan<byte> frame,
        Span<byte> result)
    {
        _addresses = addresses;
        _macs = macs;
        _tunnels = tunnels;
        _datagrams = datagrams;
        _signer = signer;
        _in = frame;
        _out = result;
    }

    /// <summary>Offset behind the last byte that was kept or mapped.</summary>
    public int KeptEnd { get; private set; }

    /// <summary>Walks the whole frame; the bytes of a link type that is not known stay zero.</summary>
    public void Run(LinkType linkType)
    {
        switch (linkType)
        {
            case LinkType.Ethernet:
                Ethernet(0, _in.Length);
                break;
            case LinkType.LinuxSll:
                Cooked(_in.Length);
                break;
            case LinkType.Raw or LinkType.Ipv4 or LinkType.Ipv6:
                Packet(0, _in.Length);
                break;
            case LinkType.Null or LinkType.Loop when _in.Length > LoopbackHeaderLength:
                Keep(0, LoopbackHeaderLength);
                Packet(LoopbackHeaderLength, _in.Length);
                break;
        }
    }

    private void Ethernet(int at, int end)
    {
        if (!Fits(at, EthernetHeader.Length, end))
        {
            return;
        }

        Mac(at);
        Mac(at + MacAddress.Length);
        ushort type = Kept16(at + (2 * MacAddress.Length));
        at += EthernetHeader.Length;
        while (VlanTag.IsAnnouncedBy((EtherType)type))
        {
            if (!Fits(at, VlanTag.Length, end))
            {
                return;
            }

            Keep(at, VlanTag.Length);
            type = Read16(at + 2);
            at += VlanTag.Length;
        }

        const ushort FirstEtherType = 0x600;
        if (type < FirstEtherType)
        {
            LinkControl(at, Math.Min(end, at + type));
            return;
        }

        Network((EtherType)type, at, end);
    }

    // IEEE 802.2, and 802a where it announces an EtherType.
    private void LinkControl(int at, int end)
    {
        const int SnapLength = 5;
        if (!Fits(at, LlcHeader.Length, end))
        {
            return;
        }

        Keep(at, LlcHeader.Length);
        LlcHeader llc = MemoryMarshal.Read<LlcHeader>(_in[at..]);
        at += LlcHeader.Length;
        if (llc.IsSnap && Fits(at, SnapLength, end))
        {
            Keep(at, SnapLength);
            bool isEtherType = _in[at] == 0 && Read16(at + 1) == 0;
            if (isEtherType)
            {
                Network((EtherType)Read16(at + 3), at + SnapLength, end);
            }
        }
    }

    // Linux cooked capture: packet type, device type, address length, 8 bytes of address, EtherType.
    private void Cooked(int end)
    {
        const int AddressAt = 6;
        const int HeaderLength = 16;
        if (!Fits(0, HeaderLength, end))
        {
            return;
        }

        Keep(0, AddressAt);
        if (Read16(4) == MacAddress.Length)
        {
            Mac(AddressAt);
        }

        Network((EtherType)Kept16(HeaderLength - 2), HeaderLength, end);
    }

    /// <summary>A packet whose version says what it is.</summary>
    private void Packet(int at, int end)
    {
        if (at < end)
        {
            Network(_in[at] >> 4 == 6 ? EtherType.Ipv6 : EtherType.Ipv4, at, end);
        }
    }

    private void Network(EtherType type, int at, int end)
    {
        if (++_depth <= MaxDepth)
        {
            switch (type)
            {
                case EtherType.Ipv4:
                    Ipv4(at, end);
                    break;
                case EtherType.Ipv6:
                    Ipv6(at, end);
                    break;
                case EtherType.Arp:
                    Arp(at, end);
                    break;
                case EtherType.TransparentEthernet:
                    Ethernet(at, end);
                    break;
            }
        }

        _depth--;
    }

    private void Arp(int at, int end)
    {
        const int FixedLength = 8;
        if (!Fits(at, FixedLength, end))
        {
            return;
        }

        Keep(at, FixedLength);
        if (Fits(at, ArpPacket.Length, end) && MemoryMarshal.Read<ArpPacket>(_in[at..]).IsEthernetIpv4)
        {
            Mac(at + 8);
            Address4(at + 14);
            Mac(at + 18);
            Address4(at + 24);
        }
    }

    private static bool Fits(int at, int length, int end) => length <= end - at;

    private readonly ushort Read16(int at) => BinaryPrimitives.ReadUInt16BigEndian(_in[at..]);

    private void Keep(int at, int length)
    {
        _in.Slice(at, length).CopyTo(_out[at..]);
        NoteKept(at + length);
    }

    private ushort Kept16(int at)
    {
        Keep(at, sizeof(ushort));
        return Read16(at);
    }

    private void Mac(int at)
    {
        MacAddress mapped = _macs.Map(MemoryMarshal.Read<MacAddress>(_in[at..]));
        MemoryMarshal.Write(_out[at..], mapped);
        NoteKept(at + MacAddress.Length);
    }

    private void Address4(int at)
    {
        var address = new IpAddress(MemoryMarshal.Read<Ipv4Address>(_in[at..]));
        MemoryMarshal.Write(_out[at..], _addresses.Map(address).V4);
        NoteKept(at + Ipv4Address.Length);
    }

    private void Address6(int at)
    {
        var address = new IpAddress(MemoryMarshal.Read<Ipv6Address>(_in[at..]));
        MemoryMarshal.Write(_out[at..], _addresses.Map(address).V6);
        NoteKept(at + Ipv6Address.Length);
    }

    /// <summary>Maps the addresses that fit, at most a number of them, and returns the offset behind them.</summary>
    private int Addresses4(int at, int count, int end)
    {
        for (; count > 0 && Fits(at, Ipv4Address.Length, end); count--, at += Ipv4Address.Length)
        {
            Address4(at);
        }

        return at;
    }

    /// <inheritdoc cref="Addresses4"/>
    private int Addresses6(int at, int count, int end)
    {
        for (; count > 0 && Fits(at, Ipv6Address.Length, end); count--, at += Ipv6Address.Length)
        {
            Address6(at);
        }

        return at;
    }

    private void NoteKept(int end) => KeptEnd = Math.Max(KeptEnd, end);
}
