using System.Text;

namespace VxlanEngine.Ports.Captures;

/// <summary>Reads pcapng: sections of blocks, each section in its own byte order.</summary>
/// <remarks>
/// <code>
/// | type (4) | total length (4) | body, padded to 4 bytes | total length (4) |
/// </code>
/// Section lengths are not needed and not looked at. Source: draft-ietf-opsawg-pcapng.
/// </remarks>
internal sealed class PcapngDecoder : CaptureDecoder
{
    public const int MagicLength = 4;

    private const int BlockHeaderLength = 8;
    private const int BlockTrailerLength = 4;
    private const int SmallestBlock = BlockHeaderLength + BlockTrailerLength;
    private const uint ByteOrderMagic = 0x1A2B3C4D;

    private FileByteOrder _order;
    private int _section = -1;
    private int _firstInterface;
    private long _lastTimestampNs;

    public PcapngDecoder(CaptureInput input, CaptureReaderOptions options)
        : base(input, options) => ReadSection();

    public override CaptureFormat Format => CaptureFormat.Pcapng;

    public override bool TryRead(ref PacketRecord record)
    {
        while (Input.TryFill(SmallestBlock))
        {
            ReadOnlySpan<byte> header = Input.Peek(BlockHeaderLength);
            uint length = _order.UInt32(header, 4);
            switch ((PcapngBlockType)_order.UInt32(header, 0))
            {
                case PcapngBlockType.EnhancedPacket:
                    ReadPacket(Hold(length, 32, "an Enhanced Packet Block"), isEnhanced: true, ref record);
                    return true;
                case PcapngBlockType.Packet:
                    ReadPacket(Hold(length, 32, "a Packet Block"), isEnhanced: false, ref record);
                    return true;
                case PcapngBlockType.SimplePacket:
                    ReadSimplePacket(Hold(length, 16, "a Simple Packet Block"), ref record);
                    return true;
                case PcapngBlockType.InterfaceDescription:
                    ReadInterface(Hold(length, 20, "an Interface Description Block"));
                    break;
                case PcapngBlockType.SectionHeader:
                    ReadSection();
                    break;
                default:
                    Skip(length);
                    break;
            }
        }

        return Input.Available == 0 ? false : throw Input.Cut("a block's header", SmallestBlock);
    }

    // | block header | byte-order magic (4) | major (2) | minor (2) | section length (8) | options |
    private void ReadSection()
    {
        if (!Input.TryFill(SmallestBlock))
        {
            throw Input.Cut("a Section Header Block", 28);
        }

        ReadOnlySpan<byte> start = Input.Peek(SmallestBlock);
        bool isBigEndian = new FileByteOrder(true).UInt32(start, 8) == ByteOrderMagic;
        _order = new FileByteOrder(isBigEndian);
        if (_order.UInt32(start, 8) != ByteOrderMagic)
        {
            throw Input.Fault(Input.Offset, "a Section Header Block without its byte-order magic");
        }

        ReadOnlySpan<byte> block = Hold(_order.UInt32(start, 4), 28, "a Section Header Block");
        ushort major = _order.UInt16(block, 12);
        if (major != 1)
        {
            throw Input.Fault(
                Input.Offset,
                string.Create(null, $"pcapng version {major}.{_order.UInt16(block, 14)}, which is not read"));
        }

        _section++;
        _firstInterface = Interfaces.Count;
        Input.Advance(block.Length);
    }

    // | block header | link type (2) | reserved (2) | snap length (4) | options |
    private void ReadInterface(ReadOnlySpan<byte> block)
    {
        if (Interfaces.Count >= Options.MaximumInterfaceCount)
        {
            throw Input.Fault(
                Input.Offset, string.Create(null, $"more than {Options.MaximumInterfaceCount} interfaces"));
        }

        string? name = null;
        string? description = null;
        ulong resolution = 1_000_000;
        long offset = 0;
        PcapngOptions.Enumerator options =
            new PcapngOptions(block[16..^BlockTrailerLength], _order.IsBigEndian).GetEnumerator();
        while (options.MoveNext())
        {
            PcapngOption option = options.Current;
            switch (option.Code)
            {
                case PcapngOption.InterfaceName:
                    name = Text(option.Value);
                    break;
                case PcapngOption.InterfaceDescription:
                    description = Text(option.Value);
                    break;
                case PcapngOption.InterfaceTimestampResolution:
                    resolution = ReadResolution(option.Value);
                    break;
                case PcapngOption.InterfaceTimestampOffset:
                    offset = option.TryGetUInt64(out ulong seconds)
                        ? (long)seconds
                        : throw Input.Fault(Input.Offset, "an interface's if_tsoffset is not 8 bytes long");
                    break;
                default:
                    break;
            }
        }

        // A lost if_tsresol would make every later time wrong, so nothing here is guessed.
        if (options.IsMalformed)
        {
            throw Input.Fault(Input.Offset, "an option of an Interface Description Block runs over its end");
        }

        var linkType = (LinkType)_order.UInt16(block, 8);
        Interfaces.Add(new CaptureInterface(Interfaces.Count, _section, linkType, _order.UInt32(block, 12))
        {
            Name = name,
            Description = description,
            TimestampResolution = resolution,
            TimestampOffset = offset,
            Scale = new TimestampScale(resolution, offset),
        });
        Input.Advance(block.Length);
    }

    // | block header | interface (4) | time, upper half (4), lower half (4) | captured (4) | original (4) | data |
    // | options |; the old Packet Block has a 2-byte interface and a 2-byte count of drops.
    private void ReadPacket(ReadOnlySpan<byte> block, bool isEnhanced, ref PacketRecord record)
    {
        const int DataOffset = 28;

        CaptureInterface source = FindInterface(isEnhanced ? _order.UInt32(block, 8) : _order.UInt16(block, 8));
        uint captured = _order.UInt32(block, 20);
        if (captured > (uint)Options.MaximumPacketLength)
        {
            throw TooLong(captured);
        }

        int options = DataOffset + PcapngOptions.Padded((int)captured);
        if (options > block.Length - BlockTrailerLength)
        {
            throw TooLongForBlock(captured, block.Length);
        }

        ulong ticks = ((ulong)_order.UInt32(block, 12) << 32) | _order.UInt32(block, 16);
        _lastTimestampNs = source.Scale.ToNanoseconds(ticks);
        record = new PacketRecord
        {
            DataOffset = Input.Position + DataOffset,
            DataLength = (int)captured,
            OptionsOffset = Input.Position + options,
            OptionsLength = block.Length - BlockTrailerLength - options,
            OptionsAreBigEndian = _order.IsBigEndian,
            HasTimestamp = true,
            OriginalLength = (int)Math.Min(_order.UInt32(block, 24), int.MaxValue),
            InterfaceIndex = source.Index,
            TimestampNs = _lastTimestampNs,
        };
        Input.Advance(block.Length);
    }

    // | block header | original (4) | data |: always the section's first interface, whose snap length limits the data.
    private void ReadSimplePacket(ReadOnlySpan<byte> block, ref PacketRecord record)
    {
        const int DataOffset = 12;

        CaptureInterface source = FindInterface(0);
        uint original = _order.UInt32(block, 8);
        uint captured = source.SnapLength == 0 ? original : Math.Min(original, (uint)source.SnapLength);
        if (captured > (uint)Options.MaximumPacketLength)
        {
            throw TooLong(captured);
        }

        if (captured > block.Length - BlockTrailerLength - DataOffset)
        {
            throw TooLongForBlock(captured, block.Length);
        }

        record = new PacketRecord
        {
            DataOffset = Input.Position + DataOffset,
            DataLength = (int)captured,
            OriginalLength = (int)Math.Min(original, int.MaxValue),
            InterfaceIndex = source.Index,
            TimestampNs = _lastTimestampNs,
        };
        Input.Advance(block.Length);
    }

    /// <summary>Brings a whole block into the buffer and checks its two lengths; does not go past it.</summary>
    private ReadOnlySpan<byte> Hold(uint length, int smallest, string what)
    {
        CheckLength(length, smallest);
        if (length > (uint)Options.MaximumBlockLength)
        {
            throw Input.Fault(
                Input.Offset,
                string.Create(null, $"{what} of {length} bytes, more than {Options.MaximumBlockLength}"));
        }

        if (!Input.TryFill((int)length))
        {
            throw Input.Cut(what, length);
        }

        ReadOnlySpan<byte> block = Input.Peek((int)length);
        CheckTrailer(block[^BlockTrailerLength..], length, Input.Offset);
        return block;
    }

    private void Skip(uint length)
    {
        long start = Input.Offset;
        CheckLength(length, SmallestBlock);
        if (!Input.TrySkip(length - BlockTrailerLength) || !Input.TryFill(BlockTrailerLength))
        {
            throw Input.Fault(start, string.Create(null, $"the file ends inside a block of {length} bytes"));
        }

        CheckTrailer(Input.Peek(BlockTrailerLength), length, start);
        Input.Advance(BlockTrailerLength);
    }

    private void CheckLength(uint length, int smallest)
    {
        if (length < (uint)smallest || length % 4 != 0)
        {
            throw Input.Fault(
                Input.Offset,
                string.Create(null, $"a block of {length} bytes: expected at least {smallest}, a multiple of 4"));
        }
    }

    private void CheckTrailer(ReadOnlySpan<byte> trailer, uint length, long start)
    {
        uint trailing = _order.UInt32(trailer, 0);
        if (trailing != length)
        {
            throw Input.Fault(
                start, string.Create(null, $"a block that begins with length {length} and ends with {trailing}"));
        }
    }

    private CaptureInterface FindInterface(uint number)
    {
        int count = Interfaces.Count - _firstInterface;
        return number < (uint)count
            ? Interfaces[_firstInterface + (int)number]
            : throw Input.Fault(
                Input.Offset,
                string.Create(null, $"a packet of interface {number}, but the section describes {count} so far"));
    }

    private CaptureFormatException TooLongForBlock(uint captured, int length) => Input.Fault(
        Input.Offset,
        string.Create(null, $"a packet of {captured} captured bytes in a block of {length}"));

    // if_tsresol: ticks of 10^-n s, or 2^-n s with the top bit set.
    private ulong ReadResolution(ReadOnlySpan<byte> value)
    {
        if (value.Length != 1)
        {
            throw Input.Fault(Input.Offset, "an interface's if_tsresol is not 1 byte long");
        }

        int exponent = value[0] & 0x7F;
        bool isBinary = value[0] >= 0x80;
        if (exponent > (isBinary ? 63 : 19))
        {
            throw Input.Fault(
                Input.Offset,
                string.Create(null, $"an interface's if_tsresol is {(isBinary ? 2 : 10)}^-{exponent} s: too fine"));
        }

        ulong resolution = 1;
        for (int i = 0; i < exponent; i++)
        {
            resolution *= isBinary ? 2u : 10u;
        }

        return resolution;
    }

    // Some programs count a terminating NUL.
    private static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));
}
