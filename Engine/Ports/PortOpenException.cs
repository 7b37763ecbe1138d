namespace VxlanEngine.Ports;

/// <summary>A live port cannot be opened; the message says what to do about it.</summary>
public sealed class PortOpenException : IOException
{
    /// <summary>Makes the exception.</summary>
    public PortOpenException()
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which port, what is wrong, and the remedy.</param>
    public PortOpenException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which port, what is wrong, and the remedy.</param>
    /// <param name="innerException">What the system said.</param>
    public PortOpenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True when the system does not let so much memory be shared with it.</summary>
    internal bool IsMemoryRefused { get; init; }
}
