namespace VxlanEngine.Ports.Captures;

/// <summary>The part of a <see cref="CaptureReader"/> that knows one file format.</summary>
internal abstract class CaptureDecoder(CaptureInput input, CaptureReaderOptions options)
{
    public abstract CaptureFormat Format { get; }

    public List<CaptureInterface> Interfaces { get; } = [];

    protected CaptureInput Input { get; } = input;

    protected CaptureReaderOptions Options { get; } = options;

    /// <summary>Goes to the next packet.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="CaptureFormatException">The file is cut off or corrupt from here on.</exception>
    public abstract bool TryRead(ref PacketRecord record);

    protected CaptureFormatException TooLong(uint length) => Input.Fault(
        Input.Offset,
        string.Create(null, $"a packet of {length} captured bytes, more than {Options.MaximumPacketLength}"));
}
