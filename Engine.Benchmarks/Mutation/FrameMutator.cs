using System.Buffers.Binary;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>Damages frames where parsers and rewriters are likely to trust them.</summary>
/// <remarks>
/// The same random numbers, the same damage. The engine's parser only says where headers are; what is written there
/// is decided here.
/// </remarks>
internal sealed class FrameMutator
{
    private static readonly byte[] Kinds =
    [
        OffloadHeader.None, OffloadHeader.TcpIpv4, 3, OffloadHeader.TcpIpv6, OffloadHeader.Udp,
        OffloadHeader.TcpIpv4 | OffloadHeader.TunnelIpv4, OffloadHeader.Udp | OffloadHeader.TunnelIpv6,
    ];

    private static readonly byte[] Odd = [0, 1, 0x7F, 0x80, 0xFF];

    private readonly Random _random;
    private readonly IReadOnlyList<byte[]> _seeds;
    private readonly byte[][] _macs;
    private readonly byte[][] _addresses;
    private readonly int[] _vnis;
    private readonly byte[] _frame;
    private int _length;
    private ParsedFrame _outer;
    private ParsedFrame _inner;
    private int _vxlan;

    public FrameMutator(Random random, IReadOnlyList<byte[]> seeds, SwitchPolicy policy, int capacity)
    {
        _random = random;
        _seeds = seeds;
        _frame = new byte[capacity];
        IEnumerable<MacAddress> macs = policy.Ports.Select(p => p.Mac)
            .Concat(policy.Networks.SelectMany(n => n.Endpoints.Select(e => e.Mac)))
            .Concat(policy.Networks.Where(n => n.Gateway is not null).Select(n => n.Gateway!.Mac));
        IEnumerable<IpAddress> addresses = policy.Ports.SelectMany(p => p.Addresses)
            .Concat(policy.Networks.SelectMany(n => n.Endpoints.SelectMany(e => e.Addresses.Append(e.Vtep))))
            .Concat(policy.Networks.SelectMany(n => n.Gateway?.Addresses ?? []));
        _macs = [.. macs.Select(m => Convert.FromHexString(m.ToString().Replace(":", "", StringComparison.Ordinal)))];
        _addresses = [.. addresses.Select(a => System.Net.IPAddress.Parse(a.ToString()).GetAddressBytes())];
        _vnis = [.. policy.Networks.Select(n => (int)n.Vni.Value)];
    }

    /// <summary>A damaged frame, valid until the next one.</summary>
    public ReadOnlySpan<byte> Next()
    {
        byte[] seed = _seeds[_random.Next(_seeds.Count)];
        Set(seed);

        // Aimed at the policy first, so that what the damage does is seen behind the first guard.
        for (int i = _random.Next(3); i > 0; i--)
        {
            Aim();
        }

        for (int i = _random.Next(1, 5); i > 0; i--)
        {
            Damage();
        }

        if (_random.Next(2) == 0)
        {
            Locate();
            PlainChecksums.Repair(_frame.AsSpan(0, _length), _vxlan > 0 ? _vxlan + 8 : 0);
        }

        return _frame.AsSpan(0, _length);
    }

    /// <summary>
    /// What a kernel might say of the last frame: often where its headers are, and sometimes anything.
    /// </summary>
    public OffloadHeader NextOffload()
    {
        Locate();
        ref ParsedFrame packet = ref (_vxlan > 0 && _random.Next(2) == 0 ? ref _inner : ref _outer);
        bool isTcp = packet.Protocol == IpProtocol.Tcp;
        int kind = !isTcp ? OffloadHeader.Udp
            : packet.Family == IpFamily.V4 ? OffloadHeader.TcpIpv4
            : OffloadHeader.TcpIpv6;
        return new OffloadHeader
        {
            Flags = (byte)(_random.Next(4) == 0 ? _random.Next(4) : OffloadHeader.NeedsChecksum),
            Kind = (byte)(_random.Next(4) == 0 ? Pick(Kinds) : kind),
            SegmentSize = (ushort)(_random.Next(8) == 0 ? _random.Next(65536) : _random.Next(100, 1500)),
            ChecksumStart = (ushort)(_random.Next(8) == 0 ? _random.Next(_length + 4) : packet.L4Offset),
            ChecksumOffset = (ushort)(_random.Next(8) == 0 ? _random.Next(_length + 4) : isTcp ? 16 : 6),
        };
    }

    private void Set(ReadOnlySpan<byte> frame)
    {
        _length = Math.Min(frame.Length, _frame.Length);
        frame[.._length].CopyTo(_frame);
    }

    private void Locate()
    {
        ReadOnlySpan<byte> frame = _frame.AsSpan(0, _length);
        _vxlan = 0;
        _inner = default;
        if (PacketParser.ParseFrame(frame, 0, out _outer) == DropReason.None
            && TunnelProtocols.Of(_outer.Tunnel) is ITunnelProtocol tunnel)
        {
            _vxlan = _outer.PayloadOffset;
            PacketParser.ParseTunnel(frame, _outer, tunnel, out _, out _inner);
        }
    }

    private void Aim()
    {
        Locate();
        ref ParsedFrame frame = ref (_vxlan > 0 && _random.Next(2) == 0 ? ref _inner : ref _outer);
        switch (_random.Next(4))
        {
            case 0:
                Put(frame.L2Offset, Pick(_macs));
                break;
            case 1:
                Put(frame.L2Offset + 6, Pick(_macs));
                break;
            case 2 when _vxlan > 0:
                Put32(_vxlan + 4, _vnis[_random.Next(_vnis.Length)] << 8);
                break;
            default:
                byte[] address = Pick(_addresses);
                bool isDestination = _random.Next(2) == 0;
                if (frame.Family == (address.Length == 4 ? IpFamily.V4 : IpFamily.V6))
                {
                    int source = frame.L3Offset + (address.Length == 4 ? 12 : 8);
                    Put(isDestination ? source + address.Length : source, address);
                }

                break;
        }
    }

    private void Damage()
    {
        Locate();
        ref ParsedFrame frame = ref (_vxlan > 0 && _random.Next(3) > 0 ? ref _inner : ref _outer);
        if (_length > 0 && _random.Next(5) < 2)
        {
            DamageBytes(frame);
        }
        else
        {
            DamageHeaders(frame);
        }
    }

    private void DamageBytes(in ParsedFrame frame)
    {
        // Every other time among the headers, where it matters.
        int at = _random.Next(_random.Next(2) == 0 ? _length : Math.Min(_length, frame.PayloadOffset + 16));
        switch (_random.Next(6))
        {
            case 0 or 1:
                FlipBit(at);
                break;
            case 2 or 3:
                Put8(at, Pick(Odd));
                break;
            case 4:
                _length = _random.Next(_length + 1);
                break;
            default:
                _length = Math.Min(_length, frame.L3Offset + _random.Next(80));
                break;
        }
    }

    private void DamageHeaders(in ParsedFrame frame)
    {
        switch (_random.Next(11))
        {
            case 0:
                Pad();
                break;
            case 1:
                Splice();
                break;
            case 2:
                InsertTag(frame.L2Offset);
                break;
            case 3:
                RemoveTag(frame);
                break;
            case 4:
                SwapTunnel();
                break;
            case 5:
                Fragment(frame);
                break;
            case 6:
                Vxlan();
                break;
            case 7 or 8:
                NetworkLength(frame);
                break;
            default:
                TransportLength(frame);
                break;
        }
    }

    private void Pad()
    {
        int end = Math.Min(_frame.Length, _length + _random.Next(1, 300));
        _frame.AsSpan(_length, end - _length).Fill(Pick(Odd));
        _length = end;
    }

    /// <summary>The beginning of this frame and the end of another.</summary>
    private void Splice()
    {
        byte[] other = _seeds[_random.Next(_seeds.Count)];
        int head = _random.Next(_length + 1);
        int from = _random.Next(other.Length + 1);
        int tail = Math.Min(other.Length - from, _frame.Length - head);
        other.AsSpan(from, tail).CopyTo(_frame.AsSpan(head));
        _length = head + tail;
    }

    private void InsertTag(int start)
    {
        if (_length >= start + 14 && _length + 4 <= _frame.Length)
        {
            _frame.AsSpan(start + 12, _length - start - 12).CopyTo(_frame.AsSpan(start + 16));
            _length += 4;
            Put16(start + 12, _random.Next(4) switch { 0 => 0x88A8, 1 => 0x9100, _ => 0x8100 });
            Put16(start + 14, _random.Next(65536));
        }
    }

    private void RemoveTag(in ParsedFrame frame)
    {
        int at = frame.L2Offset + 12;
        if (_length >= at + 4)
        {
            _frame.AsSpan(at + 4, _length - at - 4).CopyTo(_frame.AsSpan(at));
            _length -= 4;
        }
    }

    /// <summary>The inner frame alone, or the whole frame inside a copy of its own tunnel.</summary>
    private void SwapTunnel()
    {
        if (_vxlan == 0)
        {
            return;
        }

        int headers = _vxlan + 8;
        if (_random.Next(2) == 0 && _length > headers)
        {
            _frame.AsSpan(headers, _length - headers).CopyTo(_frame);
            _length -= headers;
        }
        else if (_length + headers <= _frame.Length)
        {
            _frame.AsSpan(0, _length).CopyTo(_frame.AsSpan(headers));
            _length += headers;
            int ip = _outer.L3Offset;
            bool isV4 = _outer.Family == IpFamily.V4;
            Put16(isV4 ? ip + 2 : ip + 4, isV4 ? _length - ip : _length - ip - 40);
            Put16(_outer.L4Offset + 4, _length - _outer.L4Offset);
        }
    }

    private void Fragment(in ParsedFrame frame)
    {
        if (frame.Family == IpFamily.V4)
        {
            int flags = _random.Next(4) switch { 0 => 0x2000, 1 => 0x4000, 2 => _random.Next(65536), _ => 0x3FFF };
            Put16(frame.L3Offset + 6, flags);
            Put16(frame.L3Offset + 4, _random.Next(8));
        }
        else if (frame.FragmentHeaderOffset > 0)
        {
            Put16(frame.FragmentHeaderOffset + 2, _random.Next(65536));
            Put32(frame.FragmentHeaderOffset + 4, _random.Next(8));
        }
        else
        {
            Put8(frame.L3Offset + 6, 44);
        }
    }

    private void Vxlan()
    {
        if (_vxlan > 0)
        {
            Put8(_vxlan, _random.Next(2) == 0 ? (byte)8 : Pick(Odd));
            Put8(_vxlan + _random.Next(8), (byte)_random.Next(256));
        }
        else
        {
            Put16(_outer.L4Offset + 2, 4789);
        }
    }

    private void NetworkLength(in ParsedFrame frame)
    {
        int start = frame.L3Offset;
        if (frame.Family == IpFamily.V6)
        {
            switch (_random.Next(3))
            {
                case 0:
                    Put16(start + 4, Near(frame.L3End - start - 40));
                    break;
                case 1:
                    Put8(start + 6, Pick<byte>([0, 6, 17, 43, 44, 51, 58, 59, 60, 135, 139, 132]));
                    break;
                default:
                    Put8(start + 41 + (8 * _random.Next(4)), Pick(Odd));
                    break;
            }

            return;
        }

        switch (_random.Next(3))
        {
            case 0:
                Put16(start + 2, Near(frame.L3End - start));
                break;
            case 1:
                Put8(start, (byte)((_random.Next(4) == 0 ? _random.Next(16) << 4 : 0x40) | _random.Next(16)));
                break;
            default:
                Put8(start + 9, Pick<byte>([0, 1, 2, 4, 6, 17, 41, 47, 50, 51, 58, 132]));
                break;
        }
    }

    private void TransportLength(in ParsedFrame frame)
    {
        int start = frame.L4Offset;
        switch (frame.Protocol)
        {
            case IpProtocol.Udp:
                Put16(start + 4, Near(frame.L3End - start));
                break;
            case IpProtocol.Tcp:
                Put8(start + 12 + _random.Next(2), (byte)_random.Next(256));
                break;
            case IpProtocol.Icmp or IpProtocol.Icmpv6:
                Put8(start, _random.Next(2) == 0 ? Pick<byte>([3, 11, 1, 2, 4]) : (byte)_random.Next(256));
                Put8(start + 8 + _random.Next(48), Pick(Odd));
                break;
            default:
                Put8(start + _random.Next(24), Pick(Odd));
                break;
        }
    }

    /// <summary>A length that is a little off, at a border, or any.</summary>
    private int Near(int value) => _random.Next(4) switch
    {
        0 => _random.Next(65536),
        1 => Pick<int>([0, 1, 7, 8, 19, 20, 39, 40, 65535]),
        _ => value + _random.Next(-9, 10),
    };

    private void FlipBit(int at)
    {
        if (at < _length)
        {
            _frame[at] ^= (byte)(1 << _random.Next(8));
        }
    }

    private T Pick<T>(T[] values) => values[_random.Next(values.Length)];

    private void Put8(int at, byte value)
    {
        if (at < _length)
        {
            _frame[at] = value;
        }
    }

    private void Put16(int at, int value)
    {
        if (at + 2 <= _length)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_frame.AsSpan(at), (ushort)value);
        }
    }

    private void Put32(int at, int value)
    {
        if (at + 4 <= _length)
        {
            BinaryPrimitives.WriteInt32BigEndian(_frame.AsSpan(at), value);
        }
    }

    private void Put(int at, byte[] bytes)
    {
        if (at + bytes.Length <= _length)
        {
            bytes.CopyTo(_frame, at);
        }
    }
}
