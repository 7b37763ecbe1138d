namespace VxlanEngine.Ports.Captures;

/// <summary>The options of one pcapng block, as they are in the file.</summary>
/// <remarks>
/// <code>
/// | code (2) | length (2) | value (length) | padding to 4 bytes |  …  | 0 | 0 |
/// </code>
/// Enumerate with <c>foreach</c>: no allocation, no exception. The list ends at <c>opt_endofopt</c>, at the end
/// of the bytes, or before the first option that does not fit.
/// </remarks>
public readonly ref struct PcapngOptions
{
    private readonly FileByteOrder _order;

    /// <summary>Takes bytes as a list of options.</summary>
    /// <param name="bytes">The options, with or without <c>opt_endofopt</c>.</param>
    /// <param name="isBigEndian">The byte order of codes, lengths and integers.</param>
    public PcapngOptions(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        Bytes = bytes;
        _order = new FileByteOrder(isBigEndian);
    }

    /// <summary>The bytes in the file.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>True when integers are in network byte order.</summary>
    public bool IsBigEndian => _order.IsBigEndian;

    /// <summary>Finds the first option with a code.</summary>
    /// <param name="code">The code.</param>
    /// <param name="option">The option, or an empty one.</param>
    /// <returns>True when there is one.</returns>
    public bool TryFind(ushort code, out PcapngOption option)
    {
        foreach (PcapngOption candidate in this)
        {
            if (candidate.Code == code)
            {
                option = candidate;
                return true;
            }
        }

        option = default;
        return false;
    }

    /// <summary>Starts at the first option.</summary>
    public Enumerator GetEnumerator() => new(Bytes, _order);

    /// <summary>Walks over the options.</summary>
    public ref struct Enumerator
    {
        private readonly FileByteOrder _order;
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> bytes, FileByteOrder order)
        {
            _rest = bytes;
            _order = order;
        }

        /// <summary>The option reached by the last <see cref="MoveNext"/>.</summary>
        public PcapngOption Current { get; private set; }

        /// <summary>True when the walk ended before an option that does not fit.</summary>
        public bool IsMalformed { get; private set; }

        /// <summary>Goes to the next option.</summary>
        /// <returns>False at the end.</returns>
        public bool MoveNext()
        {
            if (_rest.Length < PcapngOption.HeaderLength)
            {
                IsMalformed |= !_rest.IsEmpty;
                return false;
            }

            ushort code = _order.UInt16(_rest, 0);
            if (code == PcapngOption.EndOfOptions)
            {
                return false;
            }

            int length = _order.UInt16(_rest, 2);
            int padded = Padded(length);
            if (padded > _rest.Length - PcapngOption.HeaderLength)
            {
                IsMalformed = true;
                return false;
            }

            Current = new PcapngOption(code, _rest.Slice(PcapngOption.HeaderLength, length), _order);
            _rest = _rest[(PcapngOption.HeaderLength + padded)..];
            return true;
        }
    }

    /// <summary>Returns a length rounded up to the 4 bytes on which everything in pcapng is aligned.</summary>
    internal static int Padded(int length) => (length + 3) & ~3;
}
