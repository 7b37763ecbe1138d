using System.Text;

namespace VxlanEngine.Ports.Captures;

/// <summary>Writes packets to a pcapng or classic pcap file.</summary>
/// <remarks>
/// The same calls give the same bytes on any machine: little-endian, no date, host, version or hardware.
/// Describe the interfaces first; classic pcap has one. Thread: one at a time. Cost: a write allocates nothing.
/// Source: draft-ietf-opsawg-pcapng, draft-ietf-opsawg-pcap.
/// </remarks>
public sealed class CaptureWriter : IDisposable
{
    /// <summary>Most bytes of one packet, as in libpcap and as <see cref="CaptureReader"/> reads by default.</summary>
    public const int MaximumPacketLength = 262_144;

    private const int EnhancedPacketOverhead = 32;
    private const uint NanosecondsPerSecond = 1_000_000_000;

    private readonly CaptureOutput _output;
    private readonly bool _leaveOpen;
    private int _interfaceCount;
    private bool _isDisposed;

    private CaptureWriter(CaptureOutput output, CaptureFormat format, CaptureWriterOptions options)
    {
        _output = output;
        _leaveOpen = options.LeaveOpen;
        Format = format;
        if (format == CaptureFormat.Pcapng)
        {
            WriteSection(options.Application);
        }
    }

    /// <summary>The kind of file.</summary>
    public CaptureFormat Format { get; }

    /// <summary>Bytes of the file so far, with those that the stream has not been handed yet.</summary>
    public long Length => _output.Total;

    /// <summary>Makes a file, or replaces one.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="format">The kind of file.</param>
    /// <param name="options">Settings; null for the default ones.</param>
    /// <returns>A writer without interfaces.</returns>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static CaptureWriter Create(string path, CaptureFormat format, CaptureWriterOptions? options = null)
    {
        var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            return Create(stream, format, (options ?? CaptureWriterOptions.Default) with { LeaveOpen = false });
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Starts a file in a stream.</summary>
    /// <param name="stream">The stream; the writer owns it unless the options say otherwise.</param>
    /// <param name="format">The kind of file.</param>
    /// <param name="options">Settings; null for the default ones.</param>
    /// <returns>A writer without interfaces.</returns>
    public static CaptureWriter Create(Stream stream, CaptureFormat format, CaptureWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!Enum.IsDefined(format))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "Not a capture format.");
        }

        options ??= CaptureWriterOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BufferLength, 256, nameof(options));
        return new CaptureWriter(new CaptureOutput(stream, options.BufferLength), format, options);
    }

    /// <summary>Describes an interface.</summary>
    /// <param name="name">The name, as in <c>eth0</c>; classic pcap does not keep it.</param>
    /// <param name="linkType">What its packets begin with.</param>
    /// <param name="snapLength">Most bytes kept of a packet; 0 for no limit.</param>
    /// <param name="description">A description; classic pcap does not keep it.</param>
    /// <returns>The interface's number for <see cref="Write"/>, from 0.</returns>
    /// <exception cref="InvalidOperationException">A second interface in classic pcap.</exception>
    /// <exception cref="ArgumentException">A text is longer than 65 535 bytes.</exception>
    public int AddInterface(string name, LinkType linkType, int snapLength = 0, string? description = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(snapLength);
        if (Format == CaptureFormat.Pcapng)
        {
            WriteInterface(Utf8(name), linkType, snapLength, Utf8(description));
        }
        else if (_interfaceCount == 0)
        {
            WriteFileHeader(linkType, snapLength);
        }
        else
        {
            throw new InvalidOperationException("A classic pcap file has one interface; write pcapng for more.");
        }

        return _interfaceCount++;
    }

    /// <summary>Writes a packet.</summary>
    /// <param name="interfaceIndex">A number from <see cref="AddInterface"/>.</param>
    /// <param name="timestampNs">
    /// Nanoseconds since 1970 (UTC). A time that the format cannot hold becomes the nearest one: before 1970 in any
    /// format, from the year 2106 in classic pcap, which with microseconds also cuts the rest off.
    /// </param>
    /// <param name="data">The bytes, at most <see cref="MaximumPacketLength"/>.</param>
    /// <param name="originalLength">The packet's length on the wire.</param>
    /// <param name="annotations">Comments, direction and numbers; classic pcap does not keep them.</param>
    /// <exception cref="ArgumentException">An argument is out of range.</exception>
    /// <exception cref="IOException">The stream cannot be written; the file then ends at any place.</exception>
    public void Write(
        int interfaceIndex,
        long timestampNs,
        ReadOnlySpan<byte> data,
        int originalLength,
        in PacketAnnotations annotations = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(
            (uint)interfaceIndex, (uint)_interfaceCount, nameof(interfaceIndex));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, MaximumPacketLength, nameof(data));
        ArgumentOutOfRangeException.ThrowIfNegative(originalLength);
        ulong time = (ulong)Math.Max(timestampNs, 0);
        if (Format == CaptureFormat.Pcapng)
        {
            WriteEnhancedPacket((uint)interfaceIndex, time, data, (uint)originalLength, in annotations);
        }
        else
        {
            WriteRecord(time, data, (uint)originalLength);
        }
    }

    /// <summary>Hands everything written so far to the stream and flushes it.</summary>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _output.WriteOut();
        _output.Stream.Flush();
    }

    /// <summary>Writes what is left and closes the stream, unless the options say to leave it open.</summary>
    /// <remarks>A classic pcap file without interface becomes an empty file of Ethernet packets.</remarks>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        try
        {
            if (Format != CaptureFormat.Pcapng && _interfaceCount == 0)
            {
                WriteFileHeader(LinkType.Ethernet, snapLength: 0);
            }

            Flush();
        }
        finally
        {
            _isDisposed = true;
            if (!_leaveOpen)
            {
                _output.Stream.Dispose();
            }
        }
    }

    private void WriteFileHeader(LinkType linkType, int snapLength)
    {
        _output.UInt32(Format == CaptureFormat.PcapNanoseconds ? 0xA1B23C4D : 0xA1B2C3D4);
        _output.UInt16(2);
        _output.UInt16(4);
        _output.UInt64(0);

        // Old readers take 0 as "keep nothing".
        _output.UInt32((uint)(snapLength == 0 ? MaximumPacketLength : snapLength));
        _output.UInt32((uint)linkType);
    }

    private void WriteRecord(ulong time, ReadOnlySpan<byte> data, uint originalLength)
    {
        const ulong LastTime = ((1UL << 32) * NanosecondsPerSecond) - 1;

        (ulong seconds, ulong rest) = Math.DivRem(Math.Min(time, LastTime), NanosecondsPerSecond);
        _output.UInt32((uint)seconds);
        _output.UInt32((uint)(Format == CaptureFormat.PcapNanoseconds ? rest : rest / 1000));
        _output.UInt32((uint)data.Length);
        _output.UInt32(originalLength);
        _output.Bytes(data);
    }

    private void WriteSection(string? application)
    {
        byte[] program = Utf8(application);
        uint length = 28 + (uint)OptionLength(program);
        length += program.Length == 0 ? 0 : (uint)PcapngOption.HeaderLength;
        _output.UInt32((uint)PcapngBlockType.SectionHeader);
        _output.UInt32(length);
        _output.UInt32(0x1A2B3C4D);
        _output.UInt16(1);
        _output.UInt16(0);
        _output.UInt64(ulong.MaxValue); // the section's length is not stated
        if (program.Length != 0)
        {
            WriteOption(PcapngOption.SectionApplication, program);
            _output.UInt32(PcapngOption.EndOfOptions);
        }

        _output.UInt32(length);
    }

    private void WriteInterface(byte[] name, LinkType linkType, int snapLength, byte[] description)
    {
        ReadOnlySpan<byte> nanoseconds = [9];
        uint length = (uint)(20 + OptionLength(name) + OptionLength(description)
            + OptionLength(nanoseconds) + PcapngOption.HeaderLength);
        _output.UInt32((uint)PcapngBlockType.InterfaceDescription);
        _output.UInt32(length);
        _output.UInt16((ushort)linkType);
        _output.UInt16(0);
        _output.UInt32((uint)snapLength);
        WriteOption(PcapngOption.InterfaceName, name);
        WriteOption(PcapngOption.InterfaceDescription, description);
        WriteOption(PcapngOption.InterfaceTimestampResolution, nanoseconds);
        _output.UInt32(PcapngOption.EndOfOptions);
        _output.UInt32(length);
    }

    private void WriteEnhancedPacket(
        uint interfaceIndex,
        ulong time,
        ReadOnlySpan<byte> data,
        uint originalLength,
        in PacketAnnotations annotations)
    {
        int options = OptionsLength(in annotations);
        uint length = (uint)(EnhancedPacketOverhead + PcapngOptions.Padded(data.Length) + options);
        _output.UInt32((uint)PcapngBlockType.EnhancedPacket);
        _output.UInt32(length);
        _output.UInt32(interfaceIndex);
        _output.UInt32((uint)(time >> 32));
        _output.UInt32((uint)time);
        _output.UInt32((uint)data.Length);
        _output.UInt32(originalLength);
        _output.PaddedBytes(data);
        if (options != 0)
        {
            WriteOptions(in annotations);
        }

        _output.UInt32(length);
    }

    /// <summary>Returns the length of what <see cref="WriteOptions"/> writes; 0 when there is nothing to say.</summary>
    private static int OptionsLength(in PacketAnnotations annotations)
    {
        int length = 0;
        foreach (PcapngOption option in annotations.CommentsFrom)
        {
            length += option.Code == PcapngOption.Comment ? OptionLength(option.Value) : 0;
        }

        if (annotations.Comment.Length > ushort.MaxValue)
        {
            throw new ArgumentException("The comment is longer than 65535 bytes.", nameof(annotations));
        }

        length += OptionLength(annotations.Comment);
        length += annotations.Direction == PacketDirection.Unknown ? 0 : 8;
        length += annotations.PacketId is null ? 0 : 12;
        length += annotations.Queue is null ? 0 : 8;
        return length == 0 ? 0 : length + PcapngOption.HeaderLength;
    }

    private void WriteOptions(in PacketAnnotations annotations)
    {
        foreach (PcapngOption option in annotations.CommentsFrom)
        {
            if (option.Code == PcapngOption.Comment)
            {
                WriteOption(PcapngOption.Comment, option.Value);
            }
        }

        WriteOption(PcapngOption.Comment, annotations.Comment);
        if (annotations.Direction != PacketDirection.Unknown)
        {
            WriteOptionHeader(PcapngOption.PacketFlags, sizeof(uint));
            _output.UInt32((uint)annotations.Direction);
        }

        if (annotations.PacketId is ulong id)
        {
            WriteOptionHeader(PcapngOption.PacketId, sizeof(ulong));
            _output.UInt64(id);
        }

        if (annotations.Queue is uint queue)
        {
            WriteOptionHeader(PcapngOption.PacketQueue, sizeof(uint));
            _output.UInt32(queue);
        }

        _output.UInt32(PcapngOption.EndOfOptions);
    }

    private static int OptionLength(ReadOnlySpan<byte> value) =>
        value.IsEmpty ? 0 : PcapngOption.HeaderLength + PcapngOptions.Padded(value.Length);

    private void WriteOption(ushort code, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            WriteOptionHeader(code, value.Length);
            _output.PaddedBytes(value);
        }
    }

    private void WriteOptionHeader(ushort code, int length)
    {
        _output.UInt16(code);
        _output.UInt16((ushort)length);
    }

    private static byte[] Utf8(string? text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text ?? string.Empty);
        return bytes.Length <= ushort.MaxValue
            ? bytes
            : throw new ArgumentException("The text is longer than 65535 bytes.", nameof(text));
    }
}
