using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Offloads;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>
/// The least code that carries a tenant's frames through a UDP socket: a TAP interface, a VXLAN header of one network
/// to one VTEP, super-frames as one call, and no switch, policy, flow or check.
/// </summary>
internal sealed class BareRelay : IDisposable
{
    private const int MaxSegments = 44;
    private const int MaxPayload = 65_000;
    private const int BurstLength = 32;
    private const int Ethernet = EthernetHeader.Length;

    // TCP with time stamps.
    private const int TenantSegment = IoRig.InnerMtu - 52;

    private readonly PacketPool _pool = new(4, 66 * 1024);
    private readonly ReceiveBatch _received = new(16);
    private readonly MessageBatch _toUnderlay = new(2, 2 * MaxSegments, MaxSegments * 160);
    private readonly MessageBatch _toTenant = new(1, 2, 64);
    private readonly PortWaiter _waiter = new();
    private readonly TapDevice _tap;
    private readonly UdpSockets _sockets;
    private readonly byte[] _name = new byte[SocketName.MaxLength];
    private readonly int _nameLength;
    private readonly byte[] _vxlan = new byte[VxlanHeader.Length];
    private volatile bool _isStopping;

    private BareRelay()
    {
        _tap = TapDevice.Open("relay", IoRig.Device, new TapPortOptions
        {
            Mac = MacAddress.Parse(IoRig.TenantMac),
            Mtu = IoRig.InnerMtu,
        });
        _sockets = UdpSockets.Open(
            "relay", IpAddress.Parse(IoRig.UplinkAddress), new UdpPortOptions { SourcePorts = 1 });
        _nameLength = SocketName.Write(_name, IpAddress.Parse(IoRig.UnderlayAddress), VxlanHeader.UdpPort);
        (_vxlan[0], _vxlan[5], _vxlan[6]) = (0x08, IoRig.Network >> 8, IoRig.Network & 0xFF);
        _waiter.Add(_tap.Handle.Number);
        _waiter.Add(_sockets.Waitable.Number);
    }

    /// <summary>Runs until SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public static int Run()
    {
        using var relay = new BareRelay();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            relay._isStopping = true;
            relay._waiter.Wake();
        });
        Console.WriteLine("running");
        while (!relay._isStopping)
        {
            if (!relay.ForwardToUnderlay() & !relay.ForwardToTenant())
            {
                relay._waiter.Wait(200);
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tap.Dispose();
        _sockets.Dispose();
        _waiter.Dispose();
        _toTenant.Dispose();
        _toUnderlay.Dispose();
        _received.Dispose();
        _pool.Dispose();
    }

    private bool ForwardToUnderlay()
    {
        int count = 0;
        for (; count < BurstLength && _pool.TryRent(_pool.FrameCapacity, out FrameDescriptor frame); count++)
        {
            Span<byte> memory = _pool.Memory(frame)[(frame.Offset - OffloadHeader.Length)..];
            frame.Length = _tap.Read(memory[..(OffloadHeader.Length + frame.Length)], out _) - OffloadHeader.Length;
            if (frame.Length > 0)
            {
                Encapsulate(frame, MemoryMarshal.Read<OffloadHeader>(memory));
            }

            _pool.Return(frame);
            if (frame.Length <= 0)
            {
                break;
            }
        }

        return count > 0;
    }

    private void Encapsulate(in FrameDescriptor frame, in OffloadHeader header)
    {
        Span<byte> bytes = _pool.Frame(frame);
        _toUnderlay.Clear();
        if (header.Kind == OffloadHeader.None)
        {
            if ((header.Flags & OffloadHeader.NeedsChecksum) != 0)
            {
                OffloadIntake.TryFinish(bytes, header.ChecksumStart, header.ChecksumOffset);
            }

            Begin();
            _vxlan.CopyTo(_toUnderlay.Add(VxlanHeader.Length));
            _toUnderlay.Add(_pool, frame, 0, frame.Length);
        }
        else if (SegmentPlan.TryCreate(
            bytes, SegmentKind.TcpIpv4, header.SegmentSize, header.ChecksumStart, out SegmentPlan plan))
        {
            int each = VxlanHeader.Length + plan.HeadersLength + plan.SegmentSize;
            int most = Math.Min(MaxSegments, MaxPayload / each) * plan.SegmentSize;
            for (int start = 0; start < plan.PayloadLength; start += plan.SegmentSize)
            {
                if (start % most == 0)
                {
                    Begin();
                    _toUnderlay.AddControl(Native.IpProtoUdp, Native.UdpSegment, (ushort)each);
                }

                int length = Math.Min(plan.SegmentSize, plan.PayloadLength - start);
                Span<byte> place = _toUnderlay.Add(VxlanHeader.Length + plan.HeadersLength);
                _vxlan.CopyTo(place);
                plan.WriteHeaders(bytes, start, length, place[VxlanHeader.Length..], partial: false);
                _toUnderlay.Add(_pool, frame, plan.HeadersLength + start, length);
            }
        }

        _toUnderlay.Send(_sockets.Sender(0), 0, _toUnderlay.Count, out _);
    }

    private void Begin()
    {
        _toUnderlay.Begin();
        _toUnderlay.SetName(_name.AsSpan(0, _nameLength));
    }

    private bool ForwardToTenant()
    {
        if (_received.Receive(_sockets.Receivers[0].Socket) != 0)
        {
            return false;
        }

        for (int i = 0; i < _received.Count; i++)
        {
            ReadOnlySpan<byte> payload = _received.Payload(i);
            _received.TryGetControl(i, Native.IpProtoUdp, Native.UdpGro, out int segment);
            int inner = VxlanHeader.Length + Ethernet;
            bool isWhole = payload.Length > inner + 4
                && ((payload[inner + 2] << 8) | payload[inner + 3]) == payload.Length - inner;
            int step = segment > 0 && !isWhole ? segment : payload.Length;
            for (int start = 0; start < payload.Length; start += step)
            {
                Deliver(payload.Slice(start, Math.Min(step, payload.Length - start))[VxlanHeader.Length..], segment);
            }
        }

        return _received.Count > 0;
    }

    private void Deliver(ReadOnlySpan<byte> bytes, int segment)
    {
        OffloadHeader header = default;
        _pool.TryRent(bytes.Length, out FrameDescriptor frame);
        Span<byte> copy = _pool.Frame(frame);
        bytes.CopyTo(copy);
        const int Transport = Ethernet + Ipv4Header.Length;
        if (bytes.Length > Transport + TcpHeader.Length
            && bytes[Ethernet] == 0x45 && bytes[Ethernet + 9] == (byte)IpProtocol.Tcp)
        {
            // Whether the sum is whole or partial nobody says, so it is made partial, and the tenant trusts it.
            int length = bytes.Length - Transport;
            uint pseudo = Checksum.Sum(bytes.Slice(Ethernet + 12, 8), (uint)IpProtocol.Tcp + (uint)length);
            MemoryMarshal.Write(copy[(Transport + 16)..], (UInt16BE)(ushort)~Checksum.Finish(pseudo));
            bool isSuper = bytes.Length > Ethernet + IoRig.InnerMtu;
            header.Flags = OffloadHeader.NeedsChecksum;
            header.Kind = isSuper ? OffloadHeader.TcpIpv4 : OffloadHeader.None;
            header.SegmentSize = (ushort)(!isSuper ? 0 : segment > 0 ? segment : TenantSegment);
            header.ChecksumStart = Transport;
            header.ChecksumOffset = 16;
        }

        _toTenant.Clear();
        _toTenant.Begin();
        MemoryMarshal.Write(_toTenant.Add(OffloadHeader.Length), header);
        _toTenant.Add(_pool, frame, 0, frame.Length);
        _toTenant.Write(_tap.Handle, 0);
        _pool.Return(frame);
    }
}
