namespace VxlanEngine.Ports.Captures;

/// <summary>Reads classic pcap: a header, then records up to the end of the file.</summary>
/// <remarks>
/// <code>
/// | seconds (4) | µs or ns (4) | captured length (4) | original length (4) | data |
/// </code>
/// Source: draft-ietf-opsawg-pcap §5.
/// </remarks>
internal sealed class PcapDecoder : CaptureDecoder
{
    private readonly FileByteOrder _order;
    private readonly int _recordLength;
    private readonly long _nanosecondsPerTick;
    private readonly LengthOrder _lengthOrder;

    public PcapDecoder(CaptureInput input, CaptureReaderOptions options, PcapHeader header)
        : base(input, options)
    {
        _order = header.Order;
        _recordLength = header.RecordLength;
        _nanosecondsPerTick = header.IsNanoseconds ? 1 : 1000;
        Format = header.IsNanoseconds ? CaptureFormat.PcapNanoseconds : CaptureFormat.Pcap;

        if (!input.TryFill(header.Length))
        {
            throw input.Cut("the pcap file header", header.Length);
        }

        ReadOnlySpan<byte> bytes = input.Peek(header.Length);
        uint linkType = _order.UInt32(bytes, 20);
        _lengthOrder = ReadVersion(_order.UInt16(bytes, 4), _order.UInt16(bytes, 6), linkType);

        // The upper half holds the length of the frame check sequence and bits that are 0 in any sound file.
        if ((linkType & 0x03FF0000) != 0)
        {
            throw input.Fault(0, string.Create(null, $"link type 0x{linkType:x8} has reserved bits set"));
        }

        Interfaces.Add(new CaptureInterface(0, 0, (LinkType)(ushort)linkType, _order.UInt32(bytes, 16))
        {
            TimestampResolution = header.IsNanoseconds ? 1_000_000_000u : 1_000_000u,
        });
        input.Advance(header.Length);
    }

    /// <summary>In which order a record's two lengths come.</summary>
    private enum LengthOrder
    {
        CapturedFirst,
        OriginalFirst,

        // Version 2.3 changed the order, but some programs wrote its number with the old one.
        SmallerIsCaptured,
    }

    public override CaptureFormat Format { get; }

    public override bool TryRead(ref PacketRecord record)
    {
        if (!Input.TryFill(_recordLength))
        {
            return Input.Available == 0 ? false : throw Input.Cut("a packet record's header", _recordLength);
        }

        ReadOnlySpan<byte> header = Input.Peek(_recordLength);
        uint seconds = _order.UInt32(header, 0);
        uint ticks = _order.UInt32(header, 4);
        uint captured = _order.UInt32(header, 8);
        uint original = _order.UInt32(header, 12);
        if (_lengthOrder == LengthOrder.OriginalFirst
            || (_lengthOrder == LengthOrder.SmallerIsCaptured && captured > original))
        {
            (captured, original) = (original, captured);
        }

        if (captured > (uint)Options.MaximumPacketLength)
        {
            throw TooLong(captured);
        }

        int length = _recordLength + (int)captured;
        if (!Input.TryFill(length))
        {
            throw Input.Cut("a packet record", length);
        }

        record.DataOffset = Input.Position + _recordLength;
        record.DataLength = (int)captured;
        record.OriginalLength = (int)Math.Min(original, int.MaxValue);
        record.HasTimestamp = true;

        // Both fields are below 2^32, so that no sum, however damaged, leaves 63 bits.
        record.TimestampNs = (seconds * 1_000_000_000L) + (ticks * _nanosecondsPerTick);
        Input.Advance(length);
        return true;
    }

    private LengthOrder ReadVersion(ushort major, ushort minor, uint linkType)
    {
        // AIX writes 2.2 with interface types (RFC 1573) for link types and nanoseconds for microseconds.
        if (major == 2 && minor == 2 && linkType is 6 or 9 or 15 or 24)
        {
            throw Input.Fault(0, "a pcap file written by AIX, which is not read");
        }

        return (major, minor) switch
        {
            (2, < 3) => LengthOrder.OriginalFirst,
            (2, 3) => LengthOrder.SmallerIsCaptured,
            (2, 4) => LengthOrder.CapturedFirst,
            (543, 0) => LengthOrder.OriginalFirst, // DG/UX
            _ => throw Input.Fault(0, string.Create(null, $"pcap version {major}.{minor}, which is not read")),
        };
    }
}
