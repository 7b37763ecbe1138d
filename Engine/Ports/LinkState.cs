namespace VxlanEngine.Ports;

/// <summary>Whether a live port can be used, why not, and how often it was lost.</summary>
/// <remarks>Thread: the worker's.</remarks>
internal sealed class LinkState(string port)
{
    /// <summary>What the port is called, such as <c>raw:eth0</c>.</summary>
    public string Port => port;

    /// <summary>Failed until the port is <see cref="Up"/>.</summary>
    public PortState State { get; private set; } = PortState.Failed;

    /// <summary>Why the port cannot be used; null when it can.</summary>
    public string? Fault { get; private set; }

    /// <summary>Times that it went from a port in use, or one never tried, to one that cannot be used.</summary>
    public long Failures { get; private set; }

    /// <summary>Notes that the port can be used.</summary>
    public void Up() => (State, Fault) = (PortState.Up, null);

    /// <summary>Notes that the port cannot be used.</summary>
    /// <param name="state">Whether its device is there at all.</param>
    /// <param name="fault">Why.</param>
    public void Lose(PortState state, string fault)
    {
        Failures += State == PortState.Up || Fault is null ? 1 : 0;
        (State, Fault) = (state, fault);
    }

    /// <summary>Notes what the kernel says of an interface.</summary>
    /// <param name="isUp">Whether somebody has set it up.</param>
    /// <param name="hasCarrier">Whether there is somebody at the other end.</param>
    public void Follow(bool isUp, bool hasCarrier)
    {
        if (isUp && hasCarrier)
        {
            Up();
        }
        else
        {
            Lose(PortState.Down, isUp ? $"{port}: no carrier." : $"{port}: the interface is down.");
        }
    }

    /// <summary>Notes that the interface is no more.</summary>
    public void Gone() => Lose(PortState.Failed, $"{port}: the interface is gone.");
}
