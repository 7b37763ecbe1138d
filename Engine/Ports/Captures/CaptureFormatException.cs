namespace VxlanEngine.Ports.Captures;

/// <summary>Says that a capture file is empty, cut off, corrupt, or of a kind that is not read.</summary>
/// <remarks>
/// An <see cref="IOException"/>, so that one handler serves a damaged file and a failing disk alike.
/// </remarks>
public sealed class CaptureFormatException : IOException
{
    /// <summary>Makes an exception without a place in a file.</summary>
    public CaptureFormatException()
        : this("The capture file is damaged.")
    {
    }

    /// <summary>Makes an exception without a place in a file.</summary>
    /// <param name="message">What is wrong.</param>
    public CaptureFormatException(string message)
        : base(message) => Name = string.Empty;

    /// <summary>Makes an exception without a place in a file.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">The cause.</param>
    public CaptureFormatException(string message, Exception innerException)
        : base(message, innerException) => Name = string.Empty;

    /// <summary>Makes an exception that names the file and the place.</summary>
    /// <param name="name">The file, as the user knows it.</param>
    /// <param name="offset">Where the faulty header, record or block begins, in bytes from the start.</param>
    /// <param name="fault">What is wrong, without file and place.</param>
    public CaptureFormatException(string name, long offset, string fault)
        : base(string.Create(null, $"{name}: byte {offset}: {fault}"))
    {
        Name = name;
        Offset = offset;
    }

    /// <summary>The file, as the user knows it.</summary>
    public string Name { get; }

    /// <summary>Where the faulty header, record or block begins, in bytes from the start of the file.</summary>
    public long Offset { get; }
}
