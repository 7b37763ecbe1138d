namespace VxlanEngine.Benchmarks.Io;

/// <summary>A running switch between the tenant and the underlay of an <see cref="IoRig"/>.</summary>
internal interface IIoSwitch : IDisposable
{
    /// <summary>The process that switches; null where the kernel does.</summary>
    int? ProcessId { get; }

    /// <summary>Whether the tenant's interface is a wire, whose other end a driver receives at.</summary>
    bool HasWire { get; }

    /// <summary>Ends it, and looks at what it says.</summary>
    /// <exception cref="Comparison.ComparisonException">Not all is well.</exception>
    void Stop();
}
