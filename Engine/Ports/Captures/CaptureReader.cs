namespace VxlanEngine.Ports.Captures;

/// <summary>Reads the packets of a pcap or pcapng file one by one, in constant memory.</summary>
/// <remarks>
/// Reads classic pcap in both byte orders, with micro- or nanoseconds, Kuznetzov's and IXIA's variants; pcapng with
/// any number of sections, byte orders, interfaces and time resolutions. The stream need not seek; a packet is
/// returned as soon as its bytes have come.
/// <code>
/// while (reader.TryRead(out CapturedPacket packet)) { … packet.Data … }
/// </code>
/// Thread: one at a time. Cost: after the first packets nothing is allocated, but for new interfaces.
/// </remarks>
public sealed class CaptureReader : IDisposable
{
    private readonly CaptureInput _input;
    private readonly CaptureDecoder _decoder;
    private readonly bool _leaveOpen;
    private PacketRecord _current;
    private CaptureFormatException? _fault;
    private bool _isDisposed;

    private CaptureReader(CaptureInput input, CaptureReaderOptions options)
    {
        _input = input;
        _leaveOpen = options.LeaveOpen;
        _decoder = Recognise(input, options);
        Interfaces = _decoder.Interfaces.AsReadOnly();
    }

    /// <summary>The file, as error messages name it.</summary>
    public string Name => _input.Name;

    /// <summary>The kind of file.</summary>
    public CaptureFormat Format => _decoder.Format;

    /// <summary>The interfaces described so far, over all sections.</summary>
    /// <remarks>A pcapng file may add some with each read, and has none before the first.</remarks>
    public IReadOnlyList<CaptureInterface> Interfaces { get; }

    /// <summary>Bytes of the file read so far: the end of the last packet, or of what was skipped after it.</summary>
    public long Offset => _input.Offset;

    /// <summary>The packet of the last read, once more; empty before the first and after the last.</summary>
    public CapturedPacket Current => new(_input.Buffer, in _current);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file's path; error messages name it so.</param>
    /// <param name="options">Limits; null for the default ones.</param>
    /// <returns>A reader before the first packet.</returns>
    /// <exception cref="CaptureFormatException">The file is empty, cut, or not a capture.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static CaptureReader Open(string path, CaptureReaderOptions? options = null)
    {
        // The reader has its own buffer; a second one would only cost a copy.
        var stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
        try
        {
            return Open(stream, path, (options ?? CaptureReaderOptions.Default) with { LeaveOpen = false });
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a stream, from its present position.</summary>
    /// <param name="stream">The stream; it need not seek. The reader owns it unless the options say otherwise.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="options">Limits; null for the default ones.</param>
    /// <returns>A reader before the first packet.</returns>
    /// <exception cref="CaptureFormatException">
    /// The stream is empty, cut, or not a capture; the stream is left open.
    /// </exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static CaptureReader Open(Stream stream, string name, CaptureReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        options ??= CaptureReaderOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BufferLength, 64, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaximumPacketLength, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaximumBlockLength, nameof(options));

        // Room for a record's header besides its data.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            options.MaximumPacketLength, Array.MaxLength / 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            options.MaximumBlockLength, Array.MaxLength / 2, nameof(options));
        return new CaptureReader(new CaptureInput(stream, name, options.BufferLength), options);
    }

    /// <summary>Reads the next packet.</summary>
    /// <param name="packet">The packet, valid until the next read.</param>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="CaptureFormatException">
    /// The file is cut off or corrupt; every whole packet before was returned, and each further read says so again.
    /// </exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public bool TryRead(out CapturedPacket packet)
    {
        bool found = MoveNext();
        packet = Current;
        return found;
    }

    /// <summary>Closes the stream, unless the options say to leave it open.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        if (!_leaveOpen)
        {
            _input.Stream.Dispose();
        }
    }

    /// <summary>Goes to the next packet, which <see cref="Current"/> then returns.</summary>
    internal bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_fault is not null)
        {
            throw _fault;
        }

        bool found = false;
        try
        {
            found = _decoder.TryRead(ref _current);
            return found;
        }
        catch (CaptureFormatException fault)
        {
            _fault = fault;
            throw;
        }
        finally
        {
            if (!found)
            {
                _current = default;
            }
        }
    }

    private static CaptureDecoder Recognise(CaptureInput input, CaptureReaderOptions options)
    {
        if (!input.TryFill(PcapngDecoder.MagicLength))
        {
            throw input.Available == 0
                ? input.Fault(0, "the file is empty")
                : input.Cut("its magic number", PcapngDecoder.MagicLength);
        }

        ReadOnlySpan<byte> magic = input.Peek(PcapngDecoder.MagicLength);
        if (PcapHeader.TryRecognise(magic, out PcapHeader header))
        {
            return new PcapDecoder(input, options, header);
        }

        uint number = new FileByteOrder(true).UInt32(magic, 0);
        return number == (uint)PcapngBlockType.SectionHeader
            ? new PcapngDecoder(input, options)
            : throw input.Fault(0, UnreadKind(number));
    }

    private static string UnreadKind(uint magic) => magic switch
    {
        >= 0x1F8B0000 and <= 0x1F8BFFFF => "a gzip file; decompress it first",
        0x28B52FFD => "a Zstandard file; decompress it first",
        0x04224D18 => "an LZ4 file; decompress it first",
        0xFD377A58 => "an xz file; decompress it first",
        0x736E6F6F => "a snoop file, which is not read",
        0x474D4255 => "a Microsoft Network Monitor file, which is not read",
        0xA1B234CD or 0xCD34B2A1 => "Mesquita's pcap variant, which is not read",
        0xA12B3C4D or 0x4D3C2BA1 => "Navtel's pcap variant, which is not read",
        0xA1B2C3CB or 0xCBC3B2A1 => "a cbpf-savefile, which holds a filter and no packets",
        _ => string.Create(null, $"not a pcap or pcapng file: it begins with 0x{magic:x8}"),
    };
}
