namespace VxlanEngine.Benchmarks.Io;

/// <summary>Frames that a tenant is sending.</summary>
internal interface IPacketLoad
{
    /// <summary>Frames so far.</summary>
    long Sent { get; }

    /// <summary>Stops.</summary>
    /// <exception cref="Comparison.ComparisonException">It could not send.</exception>
    void Stop();
}
