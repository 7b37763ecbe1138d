// SAFETY: Read and what it calls look at bytes between a frame's start and its end, which PacketPool.Address has found
// to lie in the frame's buffer, and at nothing behind the frame's length, which is compared before each header. Keys
// are named by the place in a burst of at most MaxBurst, buckets by masked hashes, entries by numbers of the index,
// which holds none but of entries; all blocks live as long as this object does.
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using VxlanEngine.Flows;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Pipeline;

/// <content>Reading frames: which packet kind each is, if it is one for the fast path.</content>
internal sealed unsafe partial class FastPath
{
    private const int IpOffset = EthernetHeader.Length;
    private const int TransportOffset = IpOffset + Ipv4Header.Length;
    private const int VxlanOffset = TransportOffset + UdpHeader.Length;
    private const int InnerOffset = VxlanOffset + VxlanHeader.Length;
    private const int ShortestFrame = TransportOffset + UdpHeader.Length;
    private const int TransportOffset6 = IpOffset + Ipv6Header.Length;
    private const int VxlanOffset6 = TransportOffset6 + UdpHeader.Length;
    private const int InnerOffset6 = VxlanOffset6 + VxlanHeader.Length;
    private const int ShortestFrame6 = TransportOffset6 + UdpHeader.Length;
    private const int TunnelLength = UdpHeader.Length + VxlanHeader.Length;

    // Of the eight bytes from the port on in a descriptor: flags, a checksum to be computed, segments.
    private const ulong Obstacles = 0x0000_FFFF_02FF_0000;

    // EtherTypes and first bytes of IP headers, as they stand in the frame.
    private const ushort TypeIpv4 = 0x0008;
    private const ushort TypeIpv6 = 0xDD86;
    private const byte PlainIpv4 = 0x45;
    private const byte AnyIpv6 = 0x6;
    private const uint ClassOfIpv6 = 0xF0FF;

    // Of the two bytes of fragment flags and offset: all but the don't-fragment bit.
    private const ushort FragmentBits = 0xFFBF;

    // Of a VLAN tag, the EtherType that announces it and the VLAN id, as they stand in the frame.
    private const uint TagMask = 0xFF0F_FFFF;

    // VXLAN flags with I alone, and the reserved bytes, as they stand in the frame.
    private const uint OnlyVni = 0x08;

    // Of the two bytes of data offset and flags of TCP, as they stand in the segment.
    private const uint DataOffsetBits = 0xF0;
    private const uint StateFlags = (uint)(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst) << 8;

    // What a context keeps of a frame: stations and EtherType.
    private static readonly Vector128<byte> StationsMask =
        Vector128.Create(ulong.MaxValue, 0x0000_FFFF_FFFF_FFFF).AsByte();

    // Of a tunnel packet over IPv4: all but source MAC, length, identification, TTL, checksum, UDP source port,
    // length and checksum.
    private static readonly Vector512<byte> TunnelMask = Vector512.Create(
        0x0000_FFFF_FFFF_FFFF, 0xFFFF_FFFF_0000_0000, 0xFF00_FFBF_0000_0000, 0xFFFF_FFFF_FFFF_0000,
        0x0000_FFFF_0000_FFFF, 0xFFFF_FFFF_FFFF_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF).AsByte();

    // Of one over IPv6: all but source MAC, flow label, length, hop limit, UDP source port, length and checksum.
    private static readonly Vector512<byte> TunnelMask6 = Vector512.Create(
        0x0000_FFFF_FFFF_FFFF, 0xF0FF_FFFF_0000_0000, 0xFFFF_00FF_0000_0000, 0xFFFF_FFFF_FFFF_FFFF,
        0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, 0x0000_FFFF_FFFF_FFFF, 0xFFFF_0000_0000_FFFF).AsByte();

    /// <summary>Reads all frames of a burst and asks for what will be looked up.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Read(ReadOnlySpan<FrameDescriptor> frames)
    {
        FlowIndex index = _kinds.Index;
        FlowIndex.Bucket* table = index.Buckets.First + index.Size;
        uint mask = (uint)index.Size - 1;
        IngressPort[] ports = _ports;
        FrameKey* key = _keys.First;
        ref FrameDescriptor frame = ref MemoryMarshal.GetReference(frames);
        for (FrameKey* end = key + frames.Length; key < end; key++)
        {
            ulong state = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref frame.Port));
            uint number = (ushort)state;
            uint context = 0;
            key->Length = frame.Length;
            if (number < (uint)ports.Length && (state & Obstacles) == 0)
            {
                ref readonly IngressPort port = ref ports[number];
                context = port.IsEligible ? Read(frame, port, number, key, tagLength: 0)
                    : port.Tag != 0 ? ReadTagged(frame, port, number, key)
                    : 0;
            }

            uint hash = UnifiedKey.Hash(key->Tuple, context, _key);
            key->Context = context;
            key->Hash = hash;
            Prefetch(table + (hash & mask));
            frame = ref Unsafe.Add(ref frame, 1);
        }
    }

    /// <summary>Finds the entries that the frames' hashes name, if they lie where most do, and asks for them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Locate(int count)
    {
        FlowEntry* entries = _kinds.Entries.First;
        FlowIndex index = _kinds.Index;
        FlowIndex.Bucket* table = index.Buckets.First + index.Size;
        uint mask = (uint)index.Size - 1;
        FrameKey* key = _keys.First;
        for (FrameKey* end = key + count; key < end; key++)
        {
            uint hash = key->Hash;
            FlowIndex.Bucket* bucket = table + (hash & mask);
            uint matches = bucket->MatchesOf(hash);
            uint number = matches == 0 ? 0 : ((uint*)&bucket->Numbers)[BitOperations.TrailingZeroCount(matches)];
            FlowEntry* entry = entries + number;
            Prefetch(entry);
            key->Flow = (nint)entry;
        }
    }

    /// <summary>Reads a tunnel packet in the VLAN of its uplink.</summary>
    /// <returns>The number of its context; 0 for a frame that the processor must look at.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint ReadTagged(in FrameDescriptor frame, in IngressPort port, uint number, FrameKey* key)
    {
        bool isTagged = frame.Length >= ShortestFrame + VlanTag.Length
            && (Load<uint>(_pool.Address(frame) + 12) & TagMask) == port.Tag;
        uint context = isTagged ? Read(frame, port, number, key, VlanTag.Length) : 0;
        return key->InnerOffset != 0 ? context : 0;
    }

    /// <summary>Reads a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="port">The port that it came in at.</param>
    /// <param name="number">The port's index.</param>
    /// <param name="key">Receives what it is looked up by.</param>
    /// <param name="tagLength">Bytes of the outer VLAN tag; a constant, so that nothing is left of 0.</param>
    /// <returns>The number of its context; 0 for a frame that the processor must look at.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Read(in FrameDescriptor frame, in IngressPort port, uint number, FrameKey* key, int tagLength)
    {
        // What stands behind the tag is where it would stand without one.
        byte* p = _pool.Address(frame) + tagLength;
        int length = frame.Length - tagLength;
        if (length < ShortestFrame)
        {
            return 0;
        }

        if (!port.IsUplink)
        {
            return ReadPlain(p, length, number, key);
        }

        if (port.HasTunnelAt(Load<ushort>(p + TransportOffset + 2)) && length >= InnerOffset + ShortestFrame)
        {
            return ReadTunnel(p, length, frame, port, number, key, tagLength);
        }

        bool isIpv6 = Load<ushort>(p + 12) == TypeIpv6 && length >= InnerOffset6 + ShortestFrame;
        return isIpv6 && port.HasTunnelAt(Load<ushort>(p + TransportOffset6 + 2))
            ? ReadTunnel6(p, length, frame, port, number, key, tagLength)
            : ReadPlain(p, length, number, key);
    }

    /// <summary>Reads a frame that is taken for one without tunnel.</summary>
    /// <inheritdoc cref="Read(in FrameDescriptor, in IngressPort, uint, FrameKey*, int)" path="/returns"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint ReadPlain(byte* p, int length, uint number, FrameKey* key)
    {
        key->InnerOffset = 0;
        if (!TryReadPacket(p, length, key, out uint first))
        {
            return 0;
        }

        uint place = number | (first << 16);
        NumberedContext* recent = Recent(p, first);
        Vector128<byte> start = Vector128.Load(p);
        return recent->IsOf(start, StationsMask, place) ? recent->Number : FindContext(p, place, recent);
    }

    /// <summary>Reads a frame that is taken for a VXLAN packet over IPv4.</summary>
    /// <inheritdoc cref="Read(in FrameDescriptor, in IngressPort, uint, FrameKey*, int)" path="/returns"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint ReadTunnel(
        byte* p,
        int length,
        in FrameDescriptor frame,
        in IngressPort port,
        uint number,
        FrameKey* key,
        int tagLength)
    {
        // Total length, identification, fragment word, time to live, protocol.
        ulong middle = Load<ulong>(p + 16);
        int packet = Swap((ushort)middle);
        int datagram = Swap(Load<ushort>(p + TransportOffset + 4));
        if (packet > length - IpOffset
            || datagram > packet - Ipv4Header.Length
            || datagram < TunnelLength + ShortestFrame
            || (Load<ushort>(p + TransportOffset + 6) != 0
                && MustAddUp(frame, port)
                && !UdpAddsUp(p + TransportOffset, datagram)))
        {
            return 0;
        }

        byte* inner = p + InnerOffset;
        key->InnerOffset = InnerOffset + tagLength;
        if (!TryReadPacket(inner, datagram - TunnelLength, key, out uint first))
        {
            return 0;
        }

        uint place = number | (first << 16);
        NumberedContext* recent = Recent(inner, first);
        Vector512<byte> start = StartOf(p, tagLength);
        uint context = recent->IsOf(start, TunnelMask, place)
            ? recent->Number
            : FindTunnel(start, p, place, recent);

        ulong sum = (uint)middle + (middle >> 32) + Load<ushort>(p + 24) + recent->HeaderSum;
        return !AddsUp(sum) && MustAddUp(frame, port) ? 0 : context;
    }

    /// <summary>True for the sum of a header whose checksum is right.</summary>
    /// <remarks>
    /// Sums of ones' complement are numbers modulo 65535 (RFC 1071 §2), and a header is never all zero. Multiples of an
    /// odd number are those which its inverse, modulo 2⁶⁴, takes below the number of multiples that there are.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AddsUp(ulong sum) => sum * 0xFFFE_FFFE_FFFE_FFFF <= ulong.MaxValue / 0xFFFF;

    // Asked only of frames whose sums are wrong, or to be computed.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool MustAddUp(in FrameDescriptor frame, in IngressPort port) =>
        port.Verifies && frame.Checksum == ChecksumStatus.Unknown;

    /// <summary>Reads a frame that is taken for a VXLAN packet over IPv6.</summary>
    /// <inheritdoc cref="Read(in FrameDescriptor, in IngressPort, uint, FrameKey*, int)" path="/returns"/>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint ReadTunnel6(
        byte* p,
        int length,
        in FrameDescriptor frame,
        in IngressPort port,
        uint number,
        FrameKey* key,
        int tagLength)
    {
        int packet = Swap(Load<ushort>(p + 18));
        int datagram = Swap(Load<ushort>(p + TransportOffset6 + 4));
        ushort checksum = Load<ushort>(p + TransportOffset6 + 6);
        if (packet > length - TransportOffset6
            || datagram > packet
            || datagram < TunnelLength + ShortestFrame
            || (checksum == 0
                ? !port.AllowsZeroChecksum
                : MustAddUp(frame, port) && !Udp6AddsUp(p + TransportOffset6, datagram)))
        {
            return 0;
        }

        byte* inner = p + InnerOffset6;
        key->InnerOffset = InnerOffset6 + tagLength;
        if (!TryReadPacket(inner, datagram - TunnelLength, key, out uint first))
        {
            return 0;
        }

        uint place = number | (first << 16);
        NumberedContext* recent = Recent(inner, first);
        Vector512<byte> start = StartOf(p, tagLength);
        return recent->IsOf(start, TunnelMask6, place)
            && recent->Middle == Vector128.Load(p + 64)
            && recent->End == Load<uint>(p + 80)
            ? recent->Number
            : FindTunnel6(start, p, place, recent);
    }

    /// <summary>The first 64 bytes of a frame as they stand without its VLAN tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> StartOf(byte* p, int tagLength)
    {
        Vector512<byte> start = Vector512.Load(p);

        // The source MAC address, where the tag moves what follows, is no part of a context.
        return tagLength == 0 ? start : start.AsUInt64().WithElement(0, Load<ulong>(p - tagLength)).AsByte();
    }

    /// <summary>Reads a whole packet of TCP or UDP behind an Ethernet header.</summary>
    /// <param name="frame">The Ethernet header.</param>
    /// <param name="length">Bytes of the frame, enough for headers of Ethernet, IPv4 and UDP.</param>
    /// <param name="key">Receives tuple, place and length.</param>
    /// <param name="first">
    /// Receives the first two bytes of the IP header, as they stand there, without the flow label.
    /// </param>
    /// <returns>False for anything else, and for TCP segments that open or end a connection.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadPacket(byte* frame, int length, FrameKey* key, out uint first)
    {
        key->Frame = (nint)frame;
        key->InnerLength = length;
        first = Load<ushort>(frame + IpOffset);
        if ((byte)first != PlainIpv4)
        {
            first &= ClassOfIpv6;
            return TryReadIpv6(frame, length, first, key);
        }

        int packet = Swap(Load<ushort>(frame + 16)) - Ipv4Header.Length;
        if (packet > length - TransportOffset || !IsPlain(frame[23], frame + TransportOffset, packet))
        {
            return false;
        }

        key->Tuple = UnifiedKey.OfIpv4(Vector128.Load(frame + 22), Vector128.Load(frame + 18));
        key->Ttl = frame[22];
        key->IsWide = false;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadIpv6(byte* frame, int length, uint first, FrameKey* key)
    {
        if ((byte)first >> 4 != AnyIpv6 || length < ShortestFrame6)
        {
            return false;
        }

        int packet = Swap(Load<ushort>(frame + 18));
        byte protocol = frame[20];
        if (packet > length - TransportOffset6 || !IsPlain(protocol, frame + TransportOffset6, packet))
        {
            return false;
        }

        key->Tuple = UnifiedKey.OfIpv6(
            Vector128.Load(frame + 22),
            Vector128.Load(frame + 38),
            protocol,
            Load<uint>(frame + TransportOffset6),
            _hashKey);
        key->Ttl = frame[21];
        key->IsWide = true;
        return true;
    }

    /// <summary>True for a UDP datagram, and for a TCP segment that neither opens nor ends a connection.</summary>
    /// <param name="protocol">The transport protocol.</param>
    /// <param name="transport">Its header, of which eight bytes are there.</param>
    /// <param name="length">Bytes of the packet from there on; less than 0 for one that ends before.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(byte protocol, byte* transport, int length)
    {
        if (protocol == (byte)IpProtocol.Udp)
        {
            int datagram = Swap(Load<ushort>(transport + 4));
            return datagram >= UdpHeader.Length && datagram <= length;
        }

        return protocol == (byte)IpProtocol.Tcp && IsPlainSegment(transport, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlainSegment(byte* tcp, int length)
    {
        if (length < TcpHeader.Length)
        {
            return false;
        }

        uint word = Load<ushort>(tcp + 12);
        int header = (int)(word & DataOffsetBits) >> 2;
        return (word & StateFlags) == 0 && header >= TcpHeader.Length && header <= length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private NumberedContext* Recent(byte* inner, uint first)
    {
        // The lower parts of both MAC addresses, and the traffic class.
        ulong spot = (Load<ulong>(inner + 4) ^ first) * 0x9E37_79B9_7F4A_7C15;
        return _recent.First + (spot >> (64 - ContextTable.RecentShift));
    }

    /// <summary>Finds the number of a context without tunnel that is not a recent one, if it is one of IP.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint FindContext(byte* p, uint place, NumberedContext* recent)
    {
        if (!IsIp(p))
        {
            return 0;
        }

        Vector128<byte> stations = Vector128.Load(p) & StationsMask;
        var context = new NumberedContext
        {
            Start = Vector512.Create(Vector256.Create(stations, Vector128<byte>.Zero), Vector256<byte>.Zero),
        };
        context.Place = place;
        return Remember(ref context, recent);
    }

    /// <summary>As <see cref="FindContext"/>, for a tunnel over IPv4.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint FindTunnel(Vector512<byte> start, byte* p, uint place, NumberedContext* recent)
    {
        bool isExpected = Load<ushort>(p + 12) == TypeIpv4
            && p[14] == PlainIpv4
            && p[23] == (byte)IpProtocol.Udp
            && (Load<ushort>(p + 20) & FragmentBits) == 0
            && IsPlainVxlan(p + VxlanOffset)
            && IsIp(p + InnerOffset);
        if (!isExpected)
        {
            return 0;
        }

        ulong sum = Load<ushort>(p + 14) + (ulong)Load<uint>(p + 26) + Load<uint>(p + 30);
        var context = new NumberedContext { Start = start & TunnelMask };
        context.TunnelPlace = place;
        context.HeaderSum = (ushort)(sum % 0xFFFF);
        return Remember(ref context, recent);
    }

    /// <summary>As <see cref="FindContext"/>, for a tunnel over IPv6.</summary>
    private uint FindTunnel6(Vector512<byte> start, byte* p, uint place, NumberedContext* recent)
    {
        bool isExpected = p[14] >> 4 == AnyIpv6
            && p[20] == (byte)IpProtocol.Udp
            && IsPlainVxlan(p + VxlanOffset6)
            && IsIp(p + InnerOffset6);
        if (!isExpected)
        {
            return 0;
        }

        var context = new NumberedContext { Start = start & TunnelMask6 };
        context.TunnelPlace = place;
        context.Middle = Vector128.Load(p + 64);
        context.End = Load<uint>(p + 80);
        return Remember(ref context, recent);
    }

    private uint Remember(ref NumberedContext context, NumberedContext* recent)
    {
        _contexts.Number(ref context);
        *recent = context;
        return context.Number;
    }

    /// <summary>True for a frame of IPv4 with a header of 20 bytes, or of IPv6.</summary>
    private static bool IsIp(byte* frame)
    {
        ushort type = Load<ushort>(frame + 12);
        return (type == TypeIpv4 && frame[14] == PlainIpv4) || (type == TypeIpv6 && frame[14] >> 4 == AnyIpv6);
    }

    private static bool IsPlainVxlan(byte* header) => Load<uint>(header) == OnlyVni && header[7] == 0;

    /// <summary>True when a UDP datagram over IPv4 has a right checksum.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool UdpAddsUp(byte* udp, int length) =>
        AddsUp(udp, length, new Ipv4Address(Swap(Load<uint>(udp - 8))), new Ipv4Address(Swap(Load<uint>(udp - 4))));

    /// <summary>True when a UDP datagram over IPv6 has a right checksum.</summary>
    private static bool Udp6AddsUp(byte* udp, int length) =>
        AddsUp(udp, length, Load<Ipv6Address>(udp - 32), Load<Ipv6Address>(udp - 16));

    private static bool AddsUp(byte* udp, int length, IpAddress source, IpAddress destination) => Checksum.IsValid(
        new ReadOnlySpan<byte>(udp, length), Checksum.PseudoHeader(source, destination, IpProtocol.Udp, length));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Load<T>(byte* from)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(byte* to, T value)
        where T : unmanaged => Unsafe.WriteUnaligned(to, value);

    private static ushort Swap(ushort value) => BinaryPrimitives.ReverseEndianness(value);

    private static uint Swap(uint value) => BinaryPrimitives.ReverseEndianness(value);

    private static ulong Swap(ulong value) => BinaryPrimitives.ReverseEndianness(value);
}
