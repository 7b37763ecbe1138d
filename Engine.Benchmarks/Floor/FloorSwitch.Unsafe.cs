// SAFETY: Owns one aligned native block of buffers, freed once, in Dispose. Frames are read between their first byte
// and Spare bytes behind their last, which FrameBlock has; they are written to buffers of Stride bytes, whose first
// HeaderRoom bytes take the outer headers, and no frame longer than MaxFrame is taken: a copy of whole vectors then
// ends inside the buffer. Nothing is read of a header before the frame's length was compared.
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Wire;

namespace VxlanEngine.Benchmarks.Floor;

/// <summary>
/// The least C# that does the work of a cell: read headers, find the flow, copy the frame once into a buffer, write
/// headers and checksums. No policy, no guards, no ageing, one tunnel: what an engine may cost is measured from here.
/// </summary>
/// <remarks>
/// Rules and connection state cost nothing here, because the flow remembers them; so those cells have the floor of
/// plain encapsulation. Thread: one.
/// </remarks>
internal sealed unsafe class FloorSwitch : IDisposable
{
    /// <summary>Most frames of a burst.</summary>
    public const int BurstLength = 64;

    private const int BufferCount = 256;
    private const int HeaderRoom = 64;
    private const int Stride = 2176;
    private const int MaxFrame = 2048;
    private const int ShortestFrame = 42;
    private const int Overhead = FlowFrames.OverheadLength;
    private const int HeaderPadding = HeaderRoom - Overhead;

    // From the EtherType on: IPv4 without options, not fragmented, UDP; all else is masked out.
    private static readonly Vector128<byte> PlainMask =
        Vector128.Create((byte)0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0xBF, 0xFF, 0, 0xFF, 0, 0, 0, 0);

    private static readonly Vector128<byte> Plain =
        Vector128.Create((byte)8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0);

    // From the TTL on: protocol, addresses and ports; TTL and checksum are masked out.
    private static readonly Vector128<byte> KeyMask =
        Vector128.Create(0, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);

    private readonly Workload _work;
    private readonly FloorTable _flows;
    private readonly Vector128<byte>[] _keys = new Vector128<byte>[BurstLength];
    private readonly uint[] _hashes = new uint[BurstLength];
    private readonly Vector256<byte> _headerStart;
    private readonly Vector256<byte> _headerEnd;
    private readonly uint _headerSum;
    private byte* _buffers;
    private int _next;
    private int _translations;
    private byte* _lastSent;
    private int _lastLength;

    /// <summary>Makes a floor for a kind of work.</summary>
    /// <param name="work">The work.</param>
    /// <param name="capacity">Most flows.</param>
    public FloorSwitch(Workload work, int capacity)
    {
        _work = work;
        _flows = new FloorTable(capacity);
        _buffers = (byte*)NativeMemory.AlignedAlloc(BufferCount * Stride, 64);
        byte[] header = [.. new byte[HeaderPadding], .. OuterHeader()];
        _headerStart = Vector256.Create(header, 0);
        _headerEnd = Vector256.Create(header, 32);
        _headerSum = Checksum.Sum(header.AsSpan(HeaderPadding + 14, 20));
    }

    /// <summary>Frames that were taken to their end.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes of them.</summary>
    public long SentBytes { get; private set; }

    /// <summary>The frame that was sent last.</summary>
    public ReadOnlySpan<byte> Last => new(_lastSent, _lastLength);

    /// <summary>Does the work to frames in a row.</summary>
    /// <param name="frames">Where they lie.</param>
    /// <param name="first">Number of the first.</param>
    /// <param name="count">How many, at most <see cref="BurstLength"/>.</param>
    public void Process(FrameBlock frames, int first, int count)
    {
        if (_work == Workload.Decap)
        {
            Decap(frames, first, count);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            byte* frame = frames.Address(first + i);
            if (frames.Length(first + i) > MaxFrame || !TryRead(frame, frames.Length(first + i), i))
            {
                ThrowUnexpected();
            }
        }

        if (_work is Workload.StaticNat or Workload.DynamicNat)
        {
            Translate(frames, first, count);
        }
        else
        {
            Encap(frames, first, count);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _flows.Dispose();
        NativeMemory.AlignedFree(_buffers);
        _buffers = null;
    }

    private static void ThrowUnexpected() =>
        throw new InvalidOperationException("The floor knows whole UDP frames of the comparison's flows only.");

    private static byte[] OuterHeader()
    {
        // A tunnel packet the other way has all there is to the header but its addresses and lengths.
        byte[] header = FlowFrames.Tunnelled(0, ShortestFrame)[..Overhead];
        Convert.FromHexString("02aa0000000202aa00000001").CopyTo(header, 0);
        Convert.FromHexString("AC1F0001AC1F0002").CopyTo(header, 26);
        foreach (int field in (int[])[16, 24, 34, 38])
        {
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(field), 0);
        }

        return header;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryRead(byte* frame, int length, int place)
    {
        if (length < ShortestFrame
            || (Vector128.Load(frame + 12) & PlainMask) != Plain
            || Swap(Load<ushort>(frame + 16)) > length - 14)
        {
            return false;
        }

        Vector128<byte> key = Vector128.Load(frame + 22) & KeyMask;
        uint hash = FloorTable.Hash(key);
        _keys[place] = key;
        _hashes[place] = hash;
        _flows.Prefetch(hash);
        return true;
    }

    private void Encap(FrameBlock frames, int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int length = frames.Length(first + i);
            FloorFlow* flow = Use(i, length);
            byte* to = NextBuffer();
            Copy(frames.Address(first + i), to, length);
            Push(to, length, flow->TunnelPort);
        }
    }

    private void Translate(FrameBlock frames, int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int length = frames.Length(first + i);
            FloorFlow* flow = Use(i, length);
            byte* to = NextBuffer();
            Copy(frames.Address(first + i), to, length);
            Store(to + 24, Apply(Load<ushort>(to + 24), flow->AddressDelta));
            Store(to + 26, flow->Address);
            Store(to + 34, flow->Port);
            ushort checksum = Apply(Load<ushort>(to + 40), flow->TransportDelta);
            Store(to + 40, checksum == 0 ? (ushort)0xFFFF : checksum);
            Push(to, length, flow->TunnelPort);
        }
    }

    private void Decap(FrameBlock frames, int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            byte* frame = frames.Address(first + i);
            int length = frames.Length(first + i) - Overhead;
            if (length > MaxFrame || !IsOurTunnel(frame, length) || !TryRead(frame + Overhead, length, i))
            {
                ThrowUnexpected();
            }
        }

        for (int i = 0; i < count; i++)
        {
            int length = frames.Length(first + i) - Overhead;
            Use(i, length);
            byte* to = NextBuffer();
            Copy(frames.Address(first + i) + Overhead, to, length);
            Take(to, length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsOurTunnel(byte* frame, int innerLength)
    {
        const ulong Addresses = 0x0100_1FAC_0200_1FAC; // 172.31.0.2 to 172.31.0.1, as they stand in the frame.
        const ulong Vxlan = 0x002A_0000_0000_0008;
        return innerLength >= ShortestFrame
            && (Vector128.Load(frame + 12) & PlainMask) == Plain
            && Load<ulong>(frame + 26) == Addresses
            && Load<ushort>(frame + 36) == 0xB512
            && Load<ulong>(frame + 42) == Vxlan
            && AddsUp(frame + 14);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AddsUp(byte* ip)
    {
        ulong sum = (ulong)Load<uint>(ip) + Load<uint>(ip + 4) + Load<uint>(ip + 8);
        return Fold(sum + Load<uint>(ip + 12) + Load<uint>(ip + 16)) == 0xFFFF;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FloorFlow* Use(int place, int length)
    {
        FloorFlow* flow = _flows.Find(_keys[place], _hashes[place]);
        if (flow->Packets == 0)
        {
            Add(flow, _keys[place], _hashes[place]);
        }

        flow->Packets++;
        flow->Bytes += length;
        return flow;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(FloorFlow* flow, Vector128<byte> key, uint hash)
    {
        Vector128<ushort> words = key.AsUInt16();
        flow->Key = key;
        flow->TunnelPort = Swap((ushort)(0xC000 | (hash & 0x3FFF)));
        uint source = Swap(key.AsUInt32()[1]);
        ushort sourcePort = words[6];
        uint number = (uint)_translations++;
        uint host = _work == Workload.StaticNat ? (source >> 15) & 1 : number / 64_512;
        flow->Address = Swap(0xC0A8_0909 + host);
        flow->Port = _work == Workload.StaticNat ? sourcePort : Swap((ushort)(1024 + (number % 64_512)));
        uint address = flow->Address;
        ulong delta = (ushort)~words[2] + (ulong)(ushort)~words[3] + (ushort)address + (address >> 16);
        flow->AddressDelta = (ushort)Fold(delta);
        flow->TransportDelta = (ushort)Fold(delta + (ushort)~sourcePort + flow->Port);
    }

    /// <summary>The next buffer, behind the room for outer headers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* NextBuffer()
    {
        byte* buffer = _buffers + (_next * Stride) + HeaderRoom;
        _next = (_next + 1) & (BufferCount - 1);
        return buffer;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(byte* inner, int length, ushort tunnelPort)
    {
        byte* outer = inner - Overhead;
        _headerStart.Store(inner - HeaderRoom);
        _headerEnd.Store(inner - 32);
        uint packet = (uint)(length + Overhead - 14);
        Store(outer + 16, Swap((ushort)packet));
        Store(outer + 24, Swap((ushort)~Fold(_headerSum + packet)));
        Store(outer + 34, tunnelPort);
        Store(outer + 38, Swap((ushort)(packet - 20)));
        Take(outer, length + Overhead);
    }

    /// <summary>What an adapter would do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(byte* frame, int length)
    {
        Sent++;
        SentBytes += length;
        _lastSent = frame;
        _lastLength = length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* from, byte* to, int length)
    {
        for (int i = 0; i < length; i += Vector256<byte>.Count)
        {
            Vector256.Load(from + i).Store(to + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Apply(ushort checksum, ushort delta) =>
        (ushort)~Fold((ulong)(ushort)~checksum + delta);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Fold(ulong sum)
    {
        sum = (uint)sum + (sum >> 32);
        sum = (ushort)sum + (sum >> 16);
        sum = (ushort)sum + (sum >> 16);
        return (uint)((ushort)sum + (sum >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Load<T>(byte* from)
        where T : unmanaged => Unsafe.ReadUnaligned<T>(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(byte* to, T value)
        where T : unmanaged => Unsafe.WriteUnaligned(to, value);

    private static ushort Swap(ushort value) => BinaryPrimitives.ReverseEndianness(value);

    private static uint Swap(uint value) => BinaryPrimitives.ReverseEndianness(value);
}
